"""Spectral and Redocly over the OpenAPI documents, for `make check`: no error and no warning.

They need node and npm. Without them this says so and ends well, except in CI, which has them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from clearway_testing.server import Unavailable
from clearway_testing.tools import PROJECT, npm_tools

TOOLS: Final = PROJECT / "tests/contract/openapi"
JOINED: Final = PROJECT / "shared/contracts/src/clearway_contracts/openapi.json"
QUIET: Final = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def documents() -> list[Path]:
    return [JOINED, *sorted(PROJECT.glob("services/*/openapi.json"))]


def run(tools: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One program of the npm project in the folder `tools`."""
    command = [str(tools / "node_modules" / ".bin" / program), *arguments]
    return subprocess.run(
        command, cwd=tools, env=os.environ | QUIET, capture_output=True, text=True, timeout=60, check=False
    )


def lint(tools: Path, paths: Sequence[Path]) -> dict[str, subprocess.CompletedProcess[str]]:
    """The result of each linter for the documents."""
    names = [str(path) for path in paths]
    return {
        "spectral": run(tools, "spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", *names),
        "redocly": run(tools, "redocly", "lint", "--config", "redocly.yaml", *names),
    }


def main() -> int:
    try:
        tools = npm_tools(TOOLS)
    except Unavailable as missing:
        sys.stderr.write(f"The OpenAPI documents are not linted: {missing}. CI does it.\n")
        return 1 if os.environ.get("CI") else 0
    failed = {name: done for name, done in lint(tools, documents()).items() if done.returncode}
    for name, done in failed.items():
        sys.stderr.write(f"{name}:\n{done.stdout}{done.stderr}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
