"""The contents of a dead letter: its mission, and as much of its event as a reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from clearway_contracts.handling import MOST_RESTRICTED, Handling
from clearway_contracts.topics import ALERTS, INCIDENTS
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling, Sight
from clearway_platform.log.base import Record

# Free text and contact data may name people.
RESTRICTED: Final = frozenset({"narrative", "contact_ref", "nine_line"})
# Events of these topics tell of an incident, and so do messages that have one of these parts.
_MARKED_TOPICS: Final = frozenset({INCIDENTS.name, ALERTS.name})
_MARKED_PARTS: Final = frozenset({"incident", "alert", "digest"})
_IDS: Final = frozenset({"mission", "incident_id", "revision", "alert_id", "digest_id", "subscription_id"})
_SHOWN_HEADERS: Final = ("ce_", "content-type", "traceparent")


@dataclass(frozen=True, slots=True)
class Contents:
    """An event as it may be shown. `data` is None when it is not JSON; `hidden` names the omitted fields."""

    headers: dict[str, str]
    data: Any
    hidden: tuple[str, ...]


def contents_of(record: Record, ceiling: Ceiling, *, restricted: bool) -> Contents:
    """The event of a message, as a reader may see it. Above the ceiling only its ids are left; restricted fields are
    included only if `restricted`."""
    headers = {name: text for name, value in record.headers if (text := text_of(value)) is not None}
    shown = {name: text for name, text in headers.items() if name.startswith(_SHOWN_HEADERS)}
    data = _json_of(record)
    if not may_be_read(record, ceiling):
        return Contents(shown, *_ids_alone(data))
    hidden = () if restricted else tuple(sorted(_hide(data)))
    return Contents(shown, data, hidden)


def may_be_read(record: Record, ceiling: Ceiling) -> bool:
    """Whether all marks in a message are within a reader's ceiling. A message that cannot be read as an event may lack
    them: what should have some then counts as marked as highly as there is."""
    data = _json_of(record)
    marked = [_handling(holder) for _, holder in _objects(data) if "tlp" in holder]
    if not marked and (record.topic in _MARKED_TOPICS or (isinstance(data, dict) and _MARKED_PARTS & data.keys())):
        marked = [MOST_RESTRICTED]
    return ceiling.sight(*marked) is Sight.WHOLE


def _handling(holder: dict[str, Any]) -> Handling:
    try:
        named = holder.get("releasable_to") or ()
        return Handling(Tlp(holder["tlp"]), Classification(holder["classification"]), tuple(map(str, named)))
    except (LookupError, TypeError, ValueError):
        return MOST_RESTRICTED


def _ids_alone(data: Any) -> tuple[Any, tuple[str, ...]]:
    """The ids of an event, which lead to what it is about, and the names of all else."""
    if not isinstance(data, dict):
        return None, ()
    hidden = tuple(sorted(name for name, value in data.items() if name not in _IDS and value is not None))
    return {name: value if name in _IDS else None for name, value in data.items()}, hidden


def mission_of(record: Record) -> str | None:
    """The mission of a message; None when it names none, or more than one.

    A message whose envelope and data name different missions is dead-lettered, and no mission may see it.
    """
    said = text_of(dict(record.headers).get("ce_mission"))
    inside = [value for _, holder in _objects(_json_of(record)) for name, value in holder.items() if name == "mission"]
    return said if all(value == said for value in inside) else None


def text_of(value: bytes | None) -> str | None:
    """A header as text, or None when it is not text: an unreadable header must not stop the dead letter."""
    if value is None or b"\x00" in value:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _hide(data: Any) -> Iterator[str]:
    """Empty the restricted fields of `data`, and yield the dotted path of each that had a value."""
    for path, holder in _objects(data):
        for name in RESTRICTED & holder.keys():
            if holder[name] is not None:
                holder[name] = None
                yield f"{path}{name}"


def _objects(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in `data`, with its dotted path. The members of an object are visited after it was yielded."""
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            yield path, node
            waiting += [(f"{path}{name}.", value) for name, value in node.items()]
        elif isinstance(node, list):
            waiting += [(f"{path}{number}.", value) for number, value in enumerate(node)]


def _json_of(record: Record) -> Any:
    try:
        return None if record.value is None else from_json(record.value, allow_inf_nan=False)
    except ValueError:
        return None
