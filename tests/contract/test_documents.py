"""The generated documents are those of the contracts, and hold what they promise."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator, ValidationError

from clearway_contracts.asyncapi import asyncapi
from clearway_contracts.codec import encode
from clearway_contracts.envelope import Event
from clearway_contracts.event_table import BEGIN, END, with_event_table
from clearway_contracts.generate import SCHEMAS, documents, main, outdated, with_new_examples
from clearway_contracts.json_schema import DIALECT, schemas
from clearway_contracts.registry import EVENTS, STATES
from clearway_contracts.topics import TOPICS
from clearway_testing.contract import hold_against_contract, validator
from clearway_testing.event_states import events

ROOT = Path(__file__).parents[2]
COMMITTED: dict[str, Any] = {
    path.name: json.loads(path.read_text()) for path in sorted((ROOT / SCHEMAS).glob("*.json"))
}


def test_the_committed_documents_are_up_to_date() -> None:
    assert outdated(ROOT, documents(ROOT)) == []


def test_generate_repairs_what_check_complains_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text(f"# Title\n{BEGIN}\nan older table\n{END}\nrest\n", encoding="utf-8")

    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert "README.md is out of date" in capsys.readouterr().err
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "an older table" not in readme
    assert all(f"`{event_type}`" in readme for event_type in EVENTS)
    assert readme.endswith(f"{END}\nrest\n")


def test_a_new_example_gets_its_checksum_and_an_old_one_keeps_it(tmp_path: Path) -> None:
    for name in ("new.v1.plain.json", "old.v1.plain.json"):
        (tmp_path / name).write_text("{}")
    recorded = f"{'0' * 64}  old.v1.plain.json\n"
    digest = hashlib.sha256(b"{}").hexdigest()
    assert with_new_examples(recorded, tmp_path) == f"{digest}  new.v1.plain.json\n{recorded}"


def test_a_readme_without_markers_is_left_alone() -> None:
    assert with_event_table(f"# Title\n{BEGIN}\n") == f"# Title\n{BEGIN}\n"


@pytest.mark.parametrize("name", COMMITTED)
def test_every_schema_is_a_schema(name: str) -> None:
    assert COMMITTED[name]["$schema"] == DIALECT
    Draft202012Validator.check_schema(COMMITTED[name])


def test_every_schema_file_is_of_a_known_event_or_state() -> None:
    assert {name.rsplit(".v", 1)[0] for name in COMMITTED} == {*EVENTS, *STATES}


def test_every_reference_is_to_a_schema_beside_it() -> None:
    """Nothing is to be fetched, and the schemas of earlier versions keep the states that they refer to."""
    known = {schema["$id"] for schema in COMMITTED.values()}
    assert len(known) == len(COMMITTED)
    for name, schema in COMMITTED.items():
        inside = {f"#/$defs/{part}" for part in schema.get("$defs", ())}
        assert references(schema) <= known | inside, name


@pytest.mark.parametrize("event_type", EVENTS)
def test_an_event_refers_to_the_one_schema_of_its_state(event_type: str) -> None:
    addresses = {f"urn:clearway:schema:{name}:{state.version}" for name, state in STATES.items()}
    document = schemas()[f"{event_type}.v{EVENTS[event_type].version}.json"]

    assert len(references(document) & addresses) == 1
    assert not {state.__name__ for state in STATES.values()} & set(document.get("$defs", ()))


def references(node: object) -> set[str]:
    if isinstance(node, list):
        return {target for item in node for target in references(item)}
    if not isinstance(node, dict):
        return set()
    inside = {target for value in node.values() for target in references(value)}
    return inside | ({node["$ref"]} if "$ref" in node else set())


def test_each_state_stands_once_among_the_events_of_asyncapi() -> None:
    components = asyncapi()["components"]["schemas"]

    for state in STATES.values():
        assert state.__name__ in components
        carriers = [
            name
            for name, schema in components.items()
            if f"#/components/schemas/{state.__name__}" in references(schema)
        ]
        # A digest is a state that holds others.
        states = {other.__name__ for other in STATES.values()}
        assert set(carriers) <= {contract.__name__ for contract in EVENTS.values()} | states
        assert carriers


@given(events())
@settings(max_examples=150, deadline=None)
def test_every_event_keeps_its_schema(event: Event) -> None:
    encode(event, check=hold_against_contract)


@given(events())
@settings(max_examples=20, deadline=None)
def test_the_schema_refuses_an_event_without_its_mission(event: Event) -> None:
    value = json.loads(encode(event).value)
    del value["mission"]

    with pytest.raises(ValidationError):
        validator(event.data.event_type).validate(value)


def test_every_event_travels_on_exactly_one_channel() -> None:
    channels = asyncapi()["channels"]
    carried = [name for channel in channels.values() for name in channel["messages"] if name != "dead-letter"]

    assert set(channels) == {topic.name for topic in TOPICS}
    assert len(carried) == len(set(carried)) == len(EVENTS)


@given(events())
@settings(max_examples=20, deadline=None)
def test_the_schema_refuses_a_state_without_its_mission(event: Event) -> None:
    """The reference is followed: what is wrong inside the state is seen."""
    value = json.loads(encode(event).value)
    state = next(part for part in value.values() if isinstance(part, dict))
    del state["service" if event.data.event_type == "service.beat" else "mission"]

    with pytest.raises(ValidationError):
        validator(event.data.event_type).validate(value)
