"""The contents of a dead letter: its mission, and as much of its event as a reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from clearway_platform.log.base import Record

# Free text and contact data may name people.
RESTRICTED: Final = frozenset({"narrative", "contact_ref", "nine_line"})
_SHOWN_HEADERS: Final = ("ce_", "content-type", "traceparent")


@dataclass(frozen=True, slots=True)
class Contents:
    """An event as it may be shown. `data` is None when it is not JSON; `hidden` names the omitted fields."""

    headers: dict[str, str]
    data: Any
    hidden: tuple[str, ...]


def contents_of(record: Record, *, restricted: bool) -> Contents:
    """The event of a message. Restricted fields are included only if `restricted`."""
    headers = {name: text for name, value in record.headers if (text := text_of(value)) is not None}
    shown = {name: text for name, text in headers.items() if name.startswith(_SHOWN_HEADERS)}
    data = _json_of(record)
    hidden = () if restricted else tuple(sorted(_hide(data)))
    return Contents(shown, data, hidden)


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
