"""What others know of our deployment and dependencies, for `make audit`: hadolint, checkov, pip-audit and npm audit.

The first two need no network. The last two ask services for known vulnerabilities (OSV, the registry of npm). Where one
is not reached, this says that nothing was audited, and ends well: a machine without a network is no vulnerability. With
AUDIT_REQUIRED=1, as in CI on GitHub, that is a failure too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clearway_testing.tools import PROJECT

# Of the locks, those that hold what the others hold too.
LOCKS: Final = ("dev", "build", "page", "audit")
IMAGES: Final = ("Dockerfile", "tests/containers/standins/*.Dockerfile")
REQUIRED: Final = "AUDIT_REQUIRED"
_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one audit found. `missing`: what it could not audit, and why; empty when it audited everything."""

    findings: Sequence[str] = ()
    missing: str = ""


def of_python(printed: str, said: str) -> Outcome:
    """What pip-audit says, as JSON. Without JSON, or for a package that it skipped, nothing is known."""
    try:
        packages: list[dict[str, Any]] = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Outcome(missing=_last_line(said) or "pip-audit printed nothing")
    findings = [
        f"{package['name']} {package['version']}: {one['id']} (fixed in {', '.join(one['fix_versions']) or 'none yet'})"
        for package in packages
        for one in package.get("vulns", ())
    ]
    skipped = [f"{package['name']} ({package['skip_reason']})" for package in packages if "skip_reason" in package]
    return Outcome(findings, f"{len(skipped)} packages, such as {skipped[0]}" if skipped else "")


def of_node(printed: str, said: str) -> Outcome:
    """What `npm audit --json` says. A registry that has no audit answers with an error."""
    try:
        report = json.loads(printed)
        packages: dict[str, dict[str, Any]] = report["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        return Outcome(missing=_last_line(said) or "npm audit printed nothing")
    return Outcome([f"{name}: {found['severity']}, {found['range']}" for name, found in packages.items()])


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip() and "complete log" not in line]
    return lines[-1].strip()[:300] if lines else ""


def _run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=_SECONDS, check=False, **options
    )


def linted(tools: Path) -> Iterator[tuple[str, Outcome]]:
    """The linters of images and manifests. Their exceptions stand beside what they are about, and in .checkov.yaml."""
    images = [str(path) for pattern in IMAGES for path in sorted(PROJECT.glob(pattern))]
    for name, arguments in {"hadolint": images, "checkov": ["--directory", "."]}.items():
        done = _run([str(tools / name), *arguments])
        yield name, Outcome([f"{done.stdout}{done.stderr}".strip()] if done.returncode else ())


def audited(tools: Path) -> Iterator[tuple[str, Outcome]]:
    """The known vulnerabilities of what is installed."""
    for lock in LOCKS:
        options = ["--vulnerability-service", "osv", "--disable-pip", "--require-hashes", "--format", "json"]
        command = [str(tools / "pip-audit"), *options, "--progress-spinner", "off"]
        yield f"requirements-{lock}.lock", _asked([*command, "--requirement", f"requirements-{lock}.lock"], of_python)
    yield "services/dashboard/web/package-lock.json", _asked(["services/dashboard/npm", "audit", "--json"], of_node)


def _asked(command: Sequence[str], read: Callable[[str, str], Outcome]) -> Outcome:
    done = _run(command)
    return read(done.stdout, done.stderr)


def report(outcomes: Iterator[tuple[str, Outcome]], *, required: bool) -> int:
    """Print what was found and what is not known. The exit code: 1 when something was found or, if `required`, when
    something is not known."""
    failed = False
    for name, outcome in outcomes:
        for finding in outcome.findings:
            sys.stdout.write(f"{name}: {finding}\n")
        if outcome.missing:
            sys.stdout.write(f"{name}: NOT AUDITED: {outcome.missing}\n")
        elif not outcome.findings:
            sys.stdout.write(f"{name}: nothing found\n")
        failed |= bool(outcome.findings) or (required and bool(outcome.missing))
    return 1 if failed else 0


def main() -> int:
    tools = PROJECT / ".cache/audit/bin"
    required = os.environ.get(REQUIRED) == "1"
    return max(report(linted(tools), required=required), report(audited(tools), required=required))


if __name__ == "__main__":
    sys.exit(main())
