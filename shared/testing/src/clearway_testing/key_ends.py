"""The ends of keys as a test sets them, without a directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from clearway_platform.auth.principals import KeyEnd
from clearway_platform.clock import Clock


class KnownEndings:
    """Every key is in use until the test ends it. What was ended is known at the next look, as in a directory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._coming: dict[str, KeyEnd] = {}
        self._known: dict[str, KeyEnd] = {}

    def revoke(self, key_id: str) -> None:
        self._coming[key_id] = replace(self._coming.get(key_id, _NO_END), revoked_at=self._clock.now())

    def expire(self, key_id: str, at: datetime) -> None:
        self._coming[key_id] = replace(self._coming.get(key_id, _NO_END), expires_at=at)

    def put_in_place(self, key_id: str, successor: str) -> None:
        self._coming[key_id] = replace(self._coming.get(key_id, _NO_END), successor=successor)

    async def look(self) -> None:
        self._known = dict(self._coming)

    def has_ended(self, key_id: str) -> bool:
        end = self._known.get(key_id)
        return end is not None and end.is_over(self._clock.now())

    def is_orphaned(self, key_id: str) -> bool:
        end = self._known.get(key_id)
        return end is not None and self.has_ended(end.successor or key_id)

    def ended(self) -> Mapping[str, KeyEnd]:
        return {key_id: end for key_id, end in self._known.items() if end.is_over(self._clock.now())}

    def replaced(self) -> Mapping[str, str]:
        return {key_id: end.successor for key_id, end in self._known.items() if end.successor is not None}

    @contextmanager
    def listening(self, _callback: Callable[[], None], _key_id: str | None = None) -> Iterator[None]:
        yield


_NO_END = KeyEnd(None, None, None)
