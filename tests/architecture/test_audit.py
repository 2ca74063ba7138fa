"""The audit hides nothing: a finding fails it, what it cannot ask is said, and each exception has its reason."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from clearway_testing.audit import IMAGES, Outcome, of_node, of_python, report

FOUND = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "description": "long"}
SKIPPED = {"name": "b", "skip_reason": "Dependency not found on PyPI and could not be audited: b (1.0)"}
UNREACHED = "Traceback\nrequests.exceptions.ConnectionError: Failed to resolve 'api.osv.dev'\n"


def python(*packages: Mapping[str, object]) -> Outcome:
    return of_python(json.dumps({"dependencies": packages, "fixes": []}), "")


def test_a_vulnerability_is_a_finding() -> None:
    found = python({"name": "a", "version": "1.0", "vulns": [FOUND]}, {"name": "c", "version": "3", "vulns": []})
    assert found == Outcome(["a 1.0: PYSEC-2026-1 (fixed in 2.0)"])
    packages = {"vite": {"severity": "high", "range": "<7"}}
    assert of_node(json.dumps({"vulnerabilities": packages}), "") == Outcome(["vite: high, <7"])


def test_what_was_not_asked_is_not_taken_for_clean() -> None:
    assert python({"name": "a", "version": "1.0", "vulns": []}) == Outcome([])
    assert python(SKIPPED).missing == f"1 packages, such as b ({SKIPPED['skip_reason']})"
    assert "api.osv.dev" in of_python("", UNREACHED).missing
    refused = json.dumps({"message": "405 Method Not Allowed", "error": {"summary": ""}})
    assert of_node(refused, "npm warn audit 405\nnpm error audit endpoint returned an error\n").missing
    assert of_node("", "").missing


@pytest.mark.parametrize(
    ("outcome", "offline", "required"),
    [(Outcome(), 0, 0), (Outcome(["a: bad"]), 1, 1), (Outcome(missing="no network"), 0, 1)],
)
def test_what_fails(outcome: Outcome, offline: int, required: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(iter([("lock", outcome)]), required=False) == offline
    assert report(iter([("lock", outcome)]), required=True) == required
    said = capsys.readouterr().out
    assert said.count("NOT AUDITED: no network") == (2 if outcome.missing else 0)
    assert said.count("a: bad") == 2 * len(outcome.findings)


def test_each_exception_has_its_reason(root: Path) -> None:
    listed = (root / ".checkov.yaml").read_text().partition("skip-check:\n")[2].splitlines()
    assert listed
    assert [line for line in listed if not re.fullmatch(r"  - CKV\w+ # .{20,}", line)] == []
    for path in (root / "deploy/k8s").rglob("*.yaml"):
        skipped = re.findall(r"checkov\.io/skip\d+: (.*)", path.read_text())
        assert [one for one in skipped if not re.fullmatch(r"CKV\w+=.{20,}", one)] == [], path
    for path in (path for pattern in IMAGES for path in root.glob(pattern)):
        before = re.findall(r"(.*)\n# hadolint ignore=", path.read_text())
        assert [line for line in before if not line.startswith("# ")] == [], path
