"""What the readers of a stream may see of each event: worked out once for each ceiling, in this one place."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.messaging.feed import FeedEntry

# Many clients that reconnect at once read the same events. So many are kept, and not more than these characters.
_KEPT: Final = 2_000
_KEPT_CHARACTERS: Final = 4_000_000
# In place of the text that an event has itself.
_AS_IT_IS: Final = ""

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
        self._kept: OrderedDict[tuple[int, int, Ceiling], str | None] = OrderedDict()
        self._characters = 0

    def of(self, entry: FeedEntry, ceiling: Ceiling) -> FeedEntry | None:
        """The event as it is sent to readers of this ceiling; None when they may see nothing of it."""
        if self._shown is as_published or ceiling.is_unlimited:
            return entry
        # A stored event may be marked more highly later: what was seen of it before is then not asked for again.
        key = (entry.position, hash(entry.json), ceiling)
        text = self._kept[key] if key in self._kept else self._keep(key, self._text(entry, ceiling))
        if text is None:
            return None
        return entry if text == _AS_IT_IS else replace(entry, json=text)

    def _keep(self, key: tuple[int, int, Ceiling], text: str | None) -> str | None:
        self._kept[key] = text
        self._characters += len(text or "")
        while len(self._kept) > _KEPT or self._characters > _KEPT_CHARACTERS:
            _, oldest = self._kept.popitem(last=False)
            self._characters -= len(oldest or "")
        return text

    def _text(self, entry: FeedEntry, ceiling: Ceiling) -> str | None:
        data = entry.data
        seen = self._shown(data, ceiling)
        if seen is None or seen is data:
            return None if seen is None else _AS_IT_IS
        return json.dumps(seen, separators=(",", ":"), ensure_ascii=False)
