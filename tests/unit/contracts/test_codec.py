"""The codec: what it writes, what it skips, and that it refuses all else in one way."""

import json
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway_contracts.alerts import AlertIssued
from clearway_contracts.codec import Encoded, InvalidEvent, decode, encode
from clearway_contracts.envelope import Envelope, Event, EventData, Utc
from clearway_contracts.registry import EVENTS, UPCASTERS, Upcaster
from clearway_platform.log.base import Message
from clearway_testing.event_states import events

ID = UUID("01957b1c-0000-7000-8000-000000000001")
AT = "2026-03-14T05:45:00Z"


class Sighted(EventData):
    """An event of these tests, at the third version of its contract."""

    event_type: ClassVar[str] = "test.sighted"
    version: ClassVar[int] = 3
    topic: ClassVar[str] = "test.v1"
    subject_fields: ClassVar[tuple[str, ...]] = ("place",)

    place: str
    metres: float
    seen_at: Utc


KNOWN = {"test.sighted": Sighted}
STEPS: dict[tuple[str, int], Upcaster] = {
    ("test.sighted", 1): lambda data: {**data, "place": data["where"]},
    ("test.sighted", 2): lambda data: {**data, "metres": data["kilometres"] * 1000},
}


def message(
    value: bytes | None = None, /, **headers: str | None
) -> tuple[bytes, bytes, list[tuple[str, bytes | None]]]:
    """A well-formed message of a sighting with its value replaced, or some headers (content_type: content-type)."""
    present = {
        "ce_specversion": "1.0",
        "ce_type": "test.sighted",
        "ce_dataschema": "urn:clearway:schema:test.sighted:3",
        "ce_id": str(ID),
        "ce_source": "/test",
        "ce_subject": "ford",
        "ce_mission": "m",
        "ce_time": AT,
        "ce_recordedtime": AT,
        "content-type": "application/json",
    } | {name.replace("content_type", "content-type"): text for name, text in headers.items()}
    body = json.dumps({"mission": "m", "place": "ford", "metres": 2, "seen_at": AT}).encode()
    encoded = [(name, None if text is None else text.encode()) for name, text in present.items()]
    return b"ford", body if value is None else value, encoded


def read(key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> Event | None:
    return decode(key, value, headers, events=KNOWN, upcasters=STEPS)


def sighting(**data: Any) -> bytes:
    return json.dumps({"mission": "m", "place": "ford", "metres": 2, "seen_at": AT} | data).encode()


@given(events())
@settings(max_examples=100, deadline=None)
def test_what_is_encoded_decodes_to_the_same(event: Event) -> None:
    encoded = encode(event)

    assert decode(encoded.key, encoded.value, encoded.headers) == event


@given(events())
@settings(max_examples=5, deadline=None)
def test_an_encoded_event_has_the_fields_of_a_message(event: Event) -> None:
    encoded = encode(event)

    published = Message(topic=encoded.topic, key=encoded.key, value=encoded.value, headers=encoded.headers)

    assert published.key == event.envelope.subject.encode()
    assert published.topic == EVENTS[event.data.event_type].topic


def test_an_unknown_type_is_skipped_whatever_its_body() -> None:
    assert read(*message(b"\xff", ce_type="test.lost")) is None


def test_a_newer_version_is_skipped_whatever_its_body() -> None:
    assert read(*message(b"\xff", ce_dataschema="urn:clearway:schema:test.sighted:4")) is None


def test_older_versions_are_lifted_step_by_step() -> None:
    body = json.dumps({"mission": "m", "where": "ford", "kilometres": 1.5, "seen_at": AT}).encode()

    event = read(*message(body, ce_dataschema="urn:clearway:schema:test.sighted:1"))

    assert event is not None
    assert isinstance(event.data, Sighted)
    assert (event.data.place, event.data.metres) == ("ford", 1500)


def test_a_middle_version_takes_only_the_steps_it_needs() -> None:
    body = json.dumps({"mission": "m", "place": "ford", "kilometres": 1.5, "seen_at": AT}).encode()

    assert read(*message(body, ce_dataschema="urn:clearway:schema:test.sighted:2")) is not None


@pytest.mark.parametrize(
    ("version", "body", "field"),
    [
        (0, b"{}", "ce_dataschema"),
        (1, b"{}", "value"),
        (1, b"[]", "value"),
        (1, b'"text"', "value"),
        (1, b"{", "value"),
        (2, b'{"kilometres": null}', "value"),
    ],
)
def test_an_older_version_that_cannot_be_lifted_is_invalid(version: int, body: bytes, field: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read(*message(body, ce_dataschema=f"urn:clearway:schema:test.sighted:{version}"))

    assert refused.value.field == field


REQUIRED = ["ce_specversion", "ce_type", "ce_dataschema", "ce_id", "ce_source", "ce_subject", "ce_mission", "ce_time"]


@pytest.mark.parametrize("name", [*REQUIRED, "ce_recordedtime", "content-type"])
@pytest.mark.parametrize("text", [None, ""])
def test_a_missing_header_is_named(name: str, text: str | None) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read(*message(**{name.replace("-", "_"): text}))

    assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ce_specversion", "0.3"),
        ("ce_dataschema", "urn:clearway:schema:test.sighted:"),
        ("ce_dataschema", "urn:clearway:schema:test.sighted:-1"),
        ("ce_dataschema", "urn:clearway:schema:test.sighted:٣"),
        ("ce_dataschema", "urn:clearway:schema:test.other:3"),
        ("ce_dataschema", "urn:clearway:schema:test.sighted:" + "9" * 5000),
        ("ce_id", "7"),
        ("ce_time", "1700000000"),
        ("ce_time", "2026-03-14"),
        ("ce_time", "2026-03-14T05:45:00"),
        ("ce_time", "2026-13-14T05:45:00Z"),
        ("ce_time", "0001-01-01T00:00:00+10:00"),
        ("ce_causationid", "none"),
        ("ce_mission", "another"),
        ("ce_subject", "another"),
        ("content_type", "application/xml"),
    ],
)
def test_a_wrong_header_is_named(name: str, text: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read(*message(**{name: text}))

    assert refused.value.field == name.replace("content_type", "content-type")


def test_a_content_type_may_have_parameters() -> None:
    assert read(*message(content_type="Application/JSON; charset=utf-8")) is not None


def test_header_names_are_read_in_any_case() -> None:
    key, value, headers = message()

    assert read(key, value, [(name.upper(), text) for name, text in headers]) is not None


def test_a_header_that_is_not_utf8_is_named() -> None:
    key, value, headers = message()

    with pytest.raises(InvalidEvent) as refused:
        read(key, value, [*headers, ("ce_source", b"\xff")])

    assert refused.value.field == "ce_source"


@pytest.mark.parametrize("key", [None, b"", b"another", b"\xff"])
def test_a_key_that_is_not_the_subject_is_invalid(key: bytes | None) -> None:
    with pytest.raises(InvalidEvent):
        read(key, *message()[1:])


def test_a_null_value_is_invalid() -> None:
    key, _, headers = message()

    with pytest.raises(InvalidEvent, match="null"):
        read(key, None, headers)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "value"),
        (b"{", "value"),
        (b"\xff", "value"),
        (b"[]", "value"),
        (b"null", "value"),
        (b"[" * 100_000, "value"),
        (sighting(metres=float("nan")), "value"),
        (sighting(unknown=float("inf")), "value"),
        (sighting(metres="2"), "metres"),
        (sighting(metres=True), "metres"),
        (sighting(seen_at=1_700_000_000), "seen_at"),
        (sighting(seen_at="2026-03-14 05:45Z"), "seen_at"),
        (sighting(place=None), "place"),
        (sighting(place="elsewhere"), "ce_subject"),
        (sighting(mission=""), "mission"),
        (sighting(mission="another"), "ce_mission"),
        (sighting().replace(b"ford", b"\\ud800"), "value"),
    ],
)
def test_a_body_that_breaks_the_contract_is_invalid(body: bytes, field: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read(*message(body))

    assert refused.value.field == field


def test_an_unknown_property_is_ignored_and_the_words_of_numbers_are_text() -> None:
    assert read(*message(sighting(added={"by": "NaN and Infinity"}))) is not None


def test_a_time_with_another_offset_is_the_same_moment_in_utc() -> None:
    event = read(*message(sighting(seen_at="2026-03-14T07:45:00+02:00")))

    assert event is not None
    assert json.loads(event.data.model_dump_json())["seen_at"] == AT


@given(st.binary() | st.none(), st.binary() | st.none(), st.lists(st.tuples(st.text(), st.binary() | st.none())))
def test_arbitrary_messages_raise_nothing_but_invalid_event(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    with pytest.raises(InvalidEvent):
        read(key, value, headers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.sampled_from([*REQUIRED, "ce_recordedtime", "ce_causationid", "content-type"]),
    st.binary() | st.text().map(str.encode),
    JSON.map(lambda value: json.dumps(value).encode()) | st.binary(),
    st.integers(0, 4),
)
@settings(deadline=None)
def test_nearly_right_messages_raise_nothing_but_invalid_event(
    name: str, text: bytes, body: bytes, version: int
) -> None:
    key, _, headers = message(ce_dataschema=f"urn:clearway:schema:test.sighted:{version}")
    for value, spoiled in ((body, headers), (sighting(), [*headers, (name, text)])):
        try:
            read(key, value, spoiled)
        except InvalidEvent as error:
            assert error.reason  # noqa: PT017 - the point is that no other exception passes


@given(events(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_real_event_with_a_byte_changed_is_read_or_refused(event: Event, data: st.DataObject) -> None:
    encoded = encode(event)
    at = data.draw(st.integers(0, len(encoded.value) - 1))
    spoiled = encoded.value[:at] + data.draw(st.binary(max_size=2)) + encoded.value[at + 1 :]
    try:
        decode(encoded.key, spoiled, encoded.headers)
    except InvalidEvent as error:
        assert error.reason  # noqa: PT017 - the point is that no other exception passes


def envelope(**changes: Any) -> Envelope:
    return Envelope.model_validate(
        {"id": ID, "source": "/test", "subject": "ford", "mission": "m", "time": AT, "recorded_time": AT} | changes
    )


@pytest.mark.parametrize("changes", [{"mission": "another"}, {"subject": "another"}])
def test_an_event_whose_envelope_disagrees_is_not_encoded(changes: dict[str, str]) -> None:
    data = Sighted.model_validate_json(sighting())

    with pytest.raises(InvalidEvent):
        encode(Event(envelope(**changes), data))


def test_the_check_sees_the_message_and_can_refuse_it() -> None:
    seen: list[Encoded] = []
    event = Event(envelope(), Sighted.model_validate_json(sighting()))

    encoded = encode(event, check=seen.append)

    assert seen == [encoded]


def test_every_step_leads_to_a_version_that_exists() -> None:
    for event_type, version in UPCASTERS:
        assert 1 <= version < EVENTS[event_type].version


def test_the_registry_knows_each_event_by_its_wire_name() -> None:
    assert EVENTS["alert.issued"] is AlertIssued
    assert all(contract.event_type == name for name, contract in EVENTS.items())
