"""The schemas are enough for a consumer that is not written in Python: JavaScript's validator reads them alone."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clearway_contracts.generate import SCHEMAS
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.tools import npm_tools

HERE = Path(__file__).parent / "events"
PACKAGE = Path(__file__).parents[2] / SCHEMAS.parent


@pytest.fixture(scope="module")
def validator() -> Path:
    """The folder of the validator, installed once for each lock file."""
    with skipped_when_unavailable():
        return npm_tools(HERE)


def documents(folder: str) -> list[Any]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((PACKAGE / folder).glob("*.json"))]


def errors(validator: Path, cases: list[dict[str, Any]]) -> list[list[str]]:
    request = json.dumps({"schemas": documents("schemas"), "cases": cases})
    command = ["node", "schemas.mjs"]
    done = subprocess.run(command, cwd=validator, input=request, capture_output=True, text=True, timeout=60, check=True)
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_every_example_is_valid_and_its_state_is_looked_at(validator: Path) -> None:
    cases = [
        {"id": example["headers"]["ce_dataschema"], "value": example["value"]} for example in documents("examples")
    ]
    broken = json.loads(json.dumps(cases))
    for case in broken:
        state = next(part for part in case["value"].values() if isinstance(part, dict))
        state.update(dict.fromkeys({"mission", "service"} & state.keys()))

    found = errors(validator, cases + broken)

    assert found[: len(cases)] == [[] for _ in cases]
    said = [" ".join(reasons) for reasons in found[len(cases) :]]
    assert all("/mission must be string" in each or "/service must be string" in each for each in said)
