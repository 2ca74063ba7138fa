"""The AsyncAPI document is one, in the judgement of the specification's own parser."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "asyncapi"
ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "asyncapi.json"
TOLERATED = {"asyncapi-latest-version"}
"""Our document is of version 3.0 on purpose: tools read it more widely than its successors."""


def unavailable(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"CI must have the AsyncAPI parser: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def parser() -> Path:
    """The folder of the parser, installed once for each lock file."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        unavailable("node and npm are not installed")
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = ROOT / ".cache" / "asyncapi" / lock
    if not (folder / "installed").exists():
        install(str(npm), folder)
    shutil.copy(HERE / "validate.mjs", folder)
    return folder


def install(npm: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder)
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=90, check=False)
    except subprocess.TimeoutExpired:
        unavailable("npm ci took longer than 90 s")
    else:
        if done.returncode:
            unavailable(f"npm ci failed: {done.stderr.strip()[-300:]}")
        (folder / "installed").touch()


def findings(parser: Path, document: str) -> dict[str, Any]:
    command = ["node", "validate.mjs"]
    done = subprocess.run(command, cwd=parser, input=document, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_document_is_valid(parser: Path) -> None:
    found = findings(parser, DOCUMENT.read_text(encoding="utf-8"))

    assert found["parsed"]
    assert [finding for finding in found["findings"] if finding["code"] not in TOLERATED] == []


def test_the_parser_would_have_said_so(parser: Path) -> None:
    broken = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    broken["channels"]["incidents.v1"]["messages"]["nothing"] = {"$ref": "#/components/messages/nothing"}

    found = findings(parser, json.dumps(broken))

    assert any(finding["severity"] == 0 for finding in found["findings"])
