"""The AsyncAPI document is one, in the judgement of the specification's own parser."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clearway_contracts.generate import ASYNCAPI
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.tools import npm_tools

HERE = Path(__file__).parent / "events"
ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / ASYNCAPI
TOLERATED = {"asyncapi-latest-version"}
"""Our document is of version 3.0 on purpose: tools read it more widely than its successors."""


@pytest.fixture(scope="module")
def parser() -> Path:
    """The folder of the parser, installed once for each lock file."""
    with skipped_when_unavailable():
        return npm_tools(HERE)


def findings(parser: Path, document: str) -> dict[str, Any]:
    command = ["node", "asyncapi.mjs"]
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
