"""The streams that `clearway tail` follows. A service brings its own: an entry point of group `clearway.streams`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, Final, Protocol

_GROUP: Final = "clearway.streams"

Data = Mapping[str, Any]
Description = tuple[datetime, list[str]]
"""The time of an event and the parts of its text; empty parts are left out."""


class Names(Protocol):
    """The names of what events refer to, by its address in the API."""

    async def find(self, path: str) -> str:
        """The `name` of the object at this address; empty when it cannot be read."""
        ...

    def remember(self, path: str, name: str) -> None:
        """An event names the object: its address need not be read."""
        ...


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of events: its address, the colour of its types on a terminal, and how its events are described.

    `describe` gets the type of an event, its data and the names of other objects. It returns None for an unknown type.
    `filters`: the parameters that narrow this stream and no other.
    """

    path: str
    colour: str
    describe: Callable[[str, Data, Names], Awaitable[Description | None]]
    filters: frozenset[str] = frozenset()


def stream_names() -> tuple[str, ...]:
    """The names of the streams of the installed services. Loads none."""
    return tuple(sorted(entry_points(group=_GROUP).names))


def load_stream(name: str) -> Stream:
    """One stream. Raises KeyError when there is none of that name."""
    stream: Stream = entry_points(group=_GROUP)[name].load()
    return stream
