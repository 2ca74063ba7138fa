"""What the readers of a stream may see of each event: worked out once for each ceiling, in this one place."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.messaging.feed import FeedEntry

# Many clients that reconnect at once read the same events.
_KEPT: Final = 2_000

Data = Mapping[str, Any]
# The data of an event as a ceiling lets it be seen: the same object where nothing is withheld, None where all is.
Shown = Callable[[Data, Ceiling], Data | None]


def as_published(data: Data, ceiling: Ceiling) -> Data:
    """For events that tell nothing of an incident: they have no marks."""
    return data


class Views:
    """The events of one feed, as each ceiling sees them."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._seen: OrderedDict[tuple[int, int, Ceiling], FeedEntry | None] = OrderedDict()

    def of(self, entry: FeedEntry, ceiling: Ceiling) -> FeedEntry | None:
        """The event as it is sent to readers of this ceiling; None when they may see nothing of it."""
        if self._shown is as_published or ceiling.is_unlimited:
            return entry
        # A stored event may be marked more highly later: what was seen of it before is then not asked for again.
        key = (entry.position, hash(entry.json), ceiling)
        if key not in self._seen:
            self._seen[key] = self._view(entry, ceiling)
            if len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
        return self._seen[key]

    def _view(self, entry: FeedEntry, ceiling: Ceiling) -> FeedEntry | None:
        data = entry.data
        seen = self._shown(data, ceiling)
        if seen is None or seen is data:
            return None if seen is None else entry
        return replace(entry, json=json.dumps(seen, separators=(",", ":"), ensure_ascii=False))
