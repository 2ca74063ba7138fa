"""The consumers of a process, as its readiness asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from clearway_platform.clock import Clock
from clearway_platform.messaging.progress import Progress

# An upgrade replaces the next process when this one consumes, and waits no longer than this for it.
FIRST_JOIN: Final = timedelta(seconds=60)


class ConsumersOfProcess:
    """Of all its services. While tables or topics are `missing`, that is said, and no consumer is waited for."""

    def __init__(self, progresses: Sequence[Progress], clock: Clock, missing: Callable[[], str | None]) -> None:
        self._progresses = progresses
        self._missing = missing
        self._clock = clock
        self._started = clock.now()

    def idle(self) -> Mapping[str, str]:
        if self._missing() is not None:
            return {}
        now = self._clock.now()
        return {f"consumer {name}": why for one in self._progresses for name, why in one.idle(now).items()}

    def not_joined_yet(self) -> Mapping[str, str]:
        if self._clock.now() - self._started > FIRST_JOIN:
            return {}
        strangers = sorted(name for one in self._progresses for name in one.strangers())
        return {f"consumer {name}": "has not joined its group yet" for name in strangers}
