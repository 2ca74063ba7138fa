"""Events as messages of a log: CloudEvents 1.0 in the Kafka binding's binary mode.

The attributes travel as `ce_*` headers and the data as JSON in the value, so that a consumer can route, trace and
skip without parsing the body. Nothing here knows a broker: `Encoded` has the fields of the broker's message.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from clearway_contracts.envelope import Envelope, Event, EventData
from clearway_contracts.registry import EVENTS, SCHEMA_PREFIX, UPCASTERS, Upcaster, schema_name

CONTENT_TYPE: Final = "application/json"
SPEC_VERSION: Final = "1.0"

_ATTRIBUTES: Final = {
    "id": "ce_id",
    "source": "ce_source",
    "subject": "ce_subject",
    "mission": "ce_mission",
    "time": "ce_time",
    "recorded_time": "ce_recordedtime",
    "causation_id": "ce_causationid",
    "traceparent": "traceparent",
}


class InvalidEvent(ValueError):
    """A message that is no event of ours: `reason` says what is wrong, `field` where (a header or a data path)."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as it is published; the field names are those of the broker's message."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


Check = Callable[[Encoded], None]


def encode(event: Event, *, check: Check | None = None) -> Encoded:
    """The message of an event. Raises InvalidEvent when envelope and data disagree on the mission or the subject.

    `check` is given every message before it is returned: the place where tests hold it against the contract.
    """
    _require_agreement(event)
    envelope, data = event.envelope, event.data
    key = envelope.subject.encode()
    headers = {
        "ce_specversion": SPEC_VERSION,
        "ce_type": data.event_type,
        "ce_dataschema": schema_name(data.event_type, data.version),
        "ce_partitionkey": envelope.subject,
        "content-type": CONTENT_TYPE,
    }
    attributes: dict[str, str] = envelope.model_dump(mode="json", exclude_none=True)
    headers |= {_ATTRIBUTES[name]: value for name, value in attributes.items()}
    encoded = Encoded(
        topic=data.topic,
        key=key,
        value=data.model_dump_json().encode() if event.document is None else to_json(event.document),
        headers=tuple((name, value.encode()) for name, value in headers.items()),
    )
    if check is not None:
        check(encoded)
    return encoded


def decode(
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
    *,
    events: Mapping[str, type[EventData]] = EVENTS,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Event | None:
    """The event of a message, or None for a type or a version that this build does not know yet.

    Raises InvalidEvent for anything else that is not a well-formed event; never another exception.
    """
    attributes = _read_headers(headers)
    event_type = _required(attributes, "ce_type")
    contract = events.get(event_type)
    if contract is None:
        return None
    version = _schema_version(_required(attributes, "ce_dataschema"), event_type)
    if version > contract.version:
        return None
    event = Event(_read_envelope(attributes), _read_data(contract, version, value, upcasters))
    _require_key(key, event)
    _require_agreement(event)
    return event


def _read_headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in headers:
        if value is None:
            continue
        try:
            attributes[name.lower()] = value.decode()
        except UnicodeDecodeError as error:
            raise InvalidEvent("is not UTF-8", name) from error
    return attributes


def _required(attributes: Mapping[str, str], name: str) -> str:
    value = attributes.get(name)
    if not value:
        raise InvalidEvent("is missing", name)
    return value


def _schema_version(name: str, event_type: str) -> int:
    digits = name.removeprefix(f"{SCHEMA_PREFIX}{event_type}:")
    if digits == name or not digits.isascii() or not digits.isdecimal() or len(digits) > 9:
        raise InvalidEvent(f"is not {schema_name(event_type, 1)!r} or a later version of it", "ce_dataschema")
    return int(digits)


def _read_envelope(attributes: Mapping[str, str]) -> Envelope:
    if _required(attributes, "ce_specversion") != SPEC_VERSION:
        raise InvalidEvent(f"is not {SPEC_VERSION}", "ce_specversion")
    if _required(attributes, "content-type").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise InvalidEvent(f"is not {CONTENT_TYPE}", "content-type")
    found = {name: attributes[header] for name, header in _ATTRIBUTES.items() if header in attributes}
    try:
        return Envelope.model_validate_strings(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InvalidEvent(first["msg"], _ATTRIBUTES[str(first["loc"][0])]) from error


def _read_data(
    contract: type[EventData], version: int, value: bytes | None, upcasters: Mapping[tuple[str, int], Upcaster]
) -> EventData:
    if value is None:
        raise InvalidEvent("is null: a retraction is an event with state", "value")
    _refuse_not_a_number(value)
    current = value if version == contract.version else _upcast(contract, version, value, upcasters)
    try:
        return contract.model_validate_json(current, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InvalidEvent(first["msg"], ".".join(map(str, first["loc"])) or "value") from error


def _refuse_not_a_number(value: bytes) -> None:
    """JSON has no NaN and no Infinity; the fast parser would let them pass where no field looks at them."""
    if b"NaN" in value or b"Infinity" in value:
        _parse(value)


def _parse(value: bytes) -> Any:
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidEvent(f"is not JSON: {error}", "value") from error


def _upcast(
    contract: type[EventData], version: int, value: bytes, upcasters: Mapping[tuple[str, int], Upcaster]
) -> bytes:
    data = _parse(value)
    for step in range(version, contract.version):
        upcaster = upcasters.get((contract.event_type, step))
        if upcaster is None:
            raise InvalidEvent(f"version {step} of {contract.event_type} was never published", "ce_dataschema")
        try:
            data = upcaster(data)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise InvalidEvent(f"cannot be lifted from version {step}: {error!r}", "value") from error
    return to_json(data)


def _require_key(key: bytes | None, event: Event) -> None:
    if key != event.envelope.subject.encode():
        raise InvalidEvent("is not the key of the message", "ce_subject")


def _require_agreement(event: Event) -> None:
    """The envelope routes and isolates; a body that says otherwise would reach another mission, or out of order."""
    envelope, data = event.envelope, event.data
    if envelope.mission != data.mission:
        raise InvalidEvent("is not the mission of the data", "ce_mission")
    if data.subject_fields and envelope.subject != data.subject:
        raise InvalidEvent(f"is not the {' or '.join(data.subject_fields)} of the data", "ce_subject")
