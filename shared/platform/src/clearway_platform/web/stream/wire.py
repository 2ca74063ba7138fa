"""The frames of a stream as bytes."""

from __future__ import annotations

import json
from typing import Final

from clearway_platform.messaging.cursors import Cursors
from clearway_platform.messaging.feed import FeedEntry

# A comment without a blank line after it: some readers end an event at every blank line, and report an empty one. The
# next event's first line follows directly.
PING: Final = b": ping\n"
CURSOR: Final = "cursor"
RESYNC: Final = "resync"
RETRY_MILLISECONDS: Final = 1000


def event_frame(cursors: Cursors, entry: FeedEntry) -> bytes:
    """The frame of a published event."""
    event_id = cursors.event_id(entry.mission, entry.position)
    return f"id: {event_id}\nevent: {entry.type}\ndata: {entry.json}\n\n".encode()


def cursor_frame(cursor: str, stream: str) -> bytes:
    """The client's position. The event has its own type, so that readers of unnamed events do not see it."""
    data = json.dumps({"stream": stream, "cursor": cursor})
    return f"retry: {RETRY_MILLISECONDS}\nid: {cursor}\nevent: {CURSOR}\ndata: {data}\n\n".encode()


def resync_frame(cursor: str, snapshot: str) -> bytes:
    """A gap that cannot be filled: the client reads the present state at `snapshot`, and continues after this id."""
    reason = "this cursor is too old, or of another database"
    data = json.dumps({"reason": reason, "snapshot": snapshot, "cursor": cursor})
    return f"retry: {RETRY_MILLISECONDS}\nid: {cursor}\nevent: {RESYNC}\ndata: {data}\n\n".encode()
