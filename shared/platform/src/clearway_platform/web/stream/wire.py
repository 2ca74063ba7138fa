"""The frames of a stream as bytes, and the positions in cursors."""

from __future__ import annotations

import json
import re
from typing import Final

from clearway_platform.messaging.feed import FeedEntry

# A comment without a blank line after it: some readers end an event at every blank line, and report an empty one. The
# next event's first line follows directly.
PING: Final = b": ping\n"
CURSOR: Final = "cursor"
RESYNC: Final = "resync"
RETRY_MILLISECONDS: Final = 1000

_CURSOR: Final = re.compile(r"^([0-9a-f]{1,32})-(\d{1,18})$")


def position_of(cursor: str, epoch: str) -> int | None:
    """The position in a cursor; None when the cursor is not of this feed."""
    found = _CURSOR.match(cursor)
    return int(found[2]) if found is not None and found[1] == epoch else None


def is_cursor(text: str) -> bool:
    """Whether a text has the form of an event id, of this feed or another."""
    return _CURSOR.match(text) is not None


def event_frame(epoch: str, entry: FeedEntry) -> bytes:
    """The frame of a published event."""
    return f"id: {epoch}-{entry.position}\nevent: {entry.type}\ndata: {entry.json}\n\n".encode()


def cursor_frame(epoch: str, position: int, stream: str) -> bytes:
    """The client's position. The event has its own type, so that readers of unnamed events do not see it."""
    data = json.dumps({"stream": stream, "cursor": f"{epoch}-{position}"})
    return f"retry: {RETRY_MILLISECONDS}\nid: {epoch}-{position}\nevent: {CURSOR}\ndata: {data}\n\n".encode()


def resync_frame(epoch: str, position: int, snapshot: str) -> bytes:
    """A gap that cannot be filled: the client reads the present state at `snapshot`, and continues after this id."""
    reason = "this cursor is too old, or of another database"
    data = json.dumps({"reason": reason, "snapshot": snapshot, "cursor": f"{epoch}-{position}"})
    return f"retry: {RETRY_MILLISECONDS}\nid: {epoch}-{position}\nevent: {RESYNC}\ndata: {data}\n\n".encode()
