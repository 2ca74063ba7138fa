"""Golden examples: what was once published is readable for ever."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from clearway_contracts.codec import decode, encode
from clearway_contracts.json_schema import message_name
from clearway_contracts.registry import EVENTS
from clearway_testing.contract import hold_against_contract, validator

FOLDER = Path(str(files("clearway_contracts") / "examples"))
EXAMPLES = sorted(FOLDER.glob("*.json"))


def read(path: Path) -> tuple[bytes, bytes, list[tuple[str, bytes]], Any]:
    example = json.loads(path.read_text(encoding="utf-8"))
    headers = [(name, value.encode()) for name, value in example["headers"].items()]
    return example["headers"]["ce_partitionkey"].encode(), json.dumps(example["value"]).encode(), headers, example


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_decodes(path: Path) -> None:
    key, value, headers, example = read(path)

    event = decode(key, value, headers)

    assert event is not None
    assert event.data.event_type == example["headers"]["ce_type"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_round_trips_where_its_version_is_the_present_one(path: Path) -> None:
    key, value, headers, example = read(path)
    event = decode(key, value, headers)
    assert event is not None
    if not path.name.startswith(message_name(type(event.data))):
        return

    encoded = encode(event, check=hold_against_contract)

    assert encoded.key == key
    assert {name: text.decode() for name, text in encoded.headers} == example["headers"]
    validator(event.data.event_type).validate(example["value"])
    assert decode(encoded.key, encoded.value, encoded.headers) == event


def test_every_event_has_an_example_of_its_present_version() -> None:
    shown = {path.name.rsplit(".", 2)[0] for path in EXAMPLES}

    assert {message_name(contract) for contract in EVENTS.values()} <= shown


def test_examples_are_only_ever_added() -> None:
    lines = (FOLDER / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    recorded = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}

    assert recorded == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in EXAMPLES}
