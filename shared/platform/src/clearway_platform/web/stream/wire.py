"""A stream's frames: what stands on the wire, and where a cursor points."""

from __future__ import annotations

import json
import re
from typing import Final

from clearway_platform.messaging.feed import FeedEntry

# A comment, and no blank line after it: some readers take every blank line for the end of an event, and give an empty
# one. What follows is the next event's first line.
PING: Final = b": ping\n"
CURSOR: Final = "cursor"
RESYNC: Final = "resync"
RETRY_MILLISECONDS: Final = 1000

_CURSOR: Final = re.compile(r"^([0-9a-f]{1,32})-(\d{1,18})$")


def position_of(cursor: str, epoch: str) -> int | None:
    """The position that a cursor names; None for one that is not of this feed."""
    found = _CURSOR.match(cursor)
    return int(found[2]) if found is not None and found[1] == epoch else None


def is_cursor(text: str) -> bool:
    """Whether it has the form of an event id, of this feed or of another."""
    return _CURSOR.match(text) is not None


def event_frame(epoch: str, entry: FeedEntry) -> bytes:
    """A published event."""
    return f"id: {epoch}-{entry.position}\nevent: {entry.type}\ndata: {entry.json}\n\n".encode()


def cursor_frame(epoch: str, position: int, stream: str) -> bytes:
    """Where the client stands. It has a name of its own, so that readers of unnamed events do not see it."""
    data = json.dumps({"stream": stream, "cursor": f"{epoch}-{position}"})
    return f"retry: {RETRY_MILLISECONDS}\nid: {epoch}-{position}\nevent: {CURSOR}\ndata: {data}\n\n".encode()


def resync_frame(epoch: str, position: int, snapshot: str) -> bytes:
    """A gap that cannot be filled: the present state is read at `snapshot`, and what follows comes after this id."""
    reason = "this cursor is too old, or of another database"
    data = json.dumps({"reason": reason, "snapshot": snapshot, "cursor": f"{epoch}-{position}"})
    return f"retry: {RETRY_MILLISECONDS}\nid: {epoch}-{position}\nevent: {RESYNC}\ndata: {data}\n\n".encode()
