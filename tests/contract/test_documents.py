"""The generated documents are those of the contracts, and hold what they promise."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator, ValidationError

from clearway_contracts.asyncapi import asyncapi
from clearway_contracts.codec import encode
from clearway_contracts.envelope import Event
from clearway_contracts.event_table import BEGIN, END, with_event_table
from clearway_contracts.generate import SCHEMAS, documents, main, outdated
from clearway_contracts.json_schema import event_schema
from clearway_contracts.registry import EVENTS
from clearway_contracts.topics import TOPICS
from clearway_testing.contract import hold_against_contract, validator
from clearway_testing.event_states import events

ROOT = Path(__file__).parents[2]


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


def test_a_readme_without_markers_is_left_alone() -> None:
    assert with_event_table(f"# Title\n{BEGIN}\n") == f"# Title\n{BEGIN}\n"


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_schema_is_a_schema(event_type: str) -> None:
    Draft202012Validator.check_schema(event_schema(EVENTS[event_type]))


def test_every_schema_file_is_of_a_known_event() -> None:
    assert {path.name.rsplit(".v", 1)[0] for path in (ROOT / SCHEMAS).glob("*.json")} == set(EVENTS)


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
