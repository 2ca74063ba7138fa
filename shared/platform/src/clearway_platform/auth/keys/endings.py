"""The ends of keys, known to every process: read before anything is sent on behalf of a key, and twice a second."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import structlog
from prometheus_client import Gauge
from sqlalchemy import bindparam, func, or_, select

from clearway_platform.auth.keys.tables import ApiKeyRow
from clearway_platform.auth.principals import KeyEnd
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, is_transient
from clearway_platform.database.models import table_of

POLL_SECONDS: Final = 0.5
# What is sent waits so long for the directory; then what was known before holds, because it may be a warning.
WAIT_SECONDS: Final = 0.25
# A program of release 0.1.0 draws no number for its changes, so all is read again from time to time.
_POLLS_BETWEEN_WHOLE_READS: Final = 60
ANNOUNCED: Final = (timedelta(days=1), timedelta(days=3), timedelta(days=14))

EXPIRING = Gauge(
    "clearway_keys_expiring",
    "Keys that expire within this time, and have no successor yet",
    ["within"],
)
log = structlog.get_logger(__name__)

_KEYS: Final = table_of(ApiKeyRow)
_ENDS: Final = select(*(_KEYS.c[name] for name in ("key_id", "revoked_at", "expires_at", "replaced_by", "changed_in")))
_HAS_END: Final = or_(
    _KEYS.c.revoked_at.is_not(None), _KEYS.c.expires_at.is_not(None), _KEYS.c.replaced_by.is_not(None)
)
_ALL: Final = _ENDS.where(_HAS_END)
_CHANGED: Final = _ENDS.where(_KEYS.c.changed_in > bindparam("seen"), _HAS_END)
_NEWEST: Final = select(func.coalesce(func.max(_KEYS.c.changed_in), 0))


class SqlEndings:
    """The keys that have ended or will, kept in memory. Before the first read none has."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._keys = database.of_every_mission("each process knows the ends of all keys")
        self._clock = clock
        self._known: dict[str, KeyEnd] = {}
        self._changes: dict[str, int] = {}
        self._told: set[str] = set()
        self._seen: int | None = None
        self._reading: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._answers = True
        self._listeners: dict[str | None, set[Callable[[], None]]] = defaultdict(set)
        self._announced: dict[str, timedelta] = {}

    async def look(self) -> None:
        """All that was committed before the call is known after it. While the directory does not answer, it returns
        after a quarter of a second at most, and what was known before holds."""
        if not self._answers:
            return
        if self._next is None:
            self._next = asyncio.create_task(self._read_after(self._reading))
            # Those that wait get its error; when none waits any more, nobody needs it.
            self._next.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await asyncio.shield(self._next)
        except Exception as error:  # whatever it is, a warning must not wait for it
            self._is_away(error)

    def has_ended(self, key_id: str) -> bool:
        end = self._known.get(key_id)
        return end is not None and end.is_over(self._clock.now())

    def is_orphaned(self, key_id: str) -> bool:
        """Whether neither the key nor the one that replaces it is in use."""
        end = self._known.get(key_id)
        return end is not None and self.has_ended(end.successor or key_id)

    def ended(self) -> dict[str, KeyEnd]:
        """All keys that have ended."""
        now = self._clock.now()
        return {key_id: end for key_id, end in self._known.items() if end.is_over(now)}

    def replaced(self) -> dict[str, str]:
        """The successor of every key that has one."""
        return {key_id: end.successor for key_id, end in self._known.items() if end.successor is not None}

    @contextmanager
    def listening(self, callback: Callable[[], None], key_id: str | None = None) -> Iterator[None]:
        """Call `callback` when the key ends, or, without one, whenever a key has ended or was replaced."""
        listeners = self._listeners[key_id]
        listeners.add(callback)
        try:
            yield
        finally:
            listeners.discard(callback)
            if not listeners:
                self._listeners.pop(key_id, None)

    async def run(self) -> None:
        """A worker: read until cancelled."""
        polls = 0
        while True:
            if polls % _POLLS_BETWEEN_WHOLE_READS == 0:
                self._seen = None
            try:
                await self._read()
                self._answers = True
            except Exception as error:
                if not is_transient(error):
                    raise
                self._is_away(error)
            self._tell()
            if polls % _POLLS_BETWEEN_WHOLE_READS == 0:
                self._announce()
            polls += 1
            await asyncio.sleep(POLL_SECONDS)

    def _is_away(self, error: Exception) -> None:
        if self._answers:
            log.warning("key_directory_away", error=type(error).__name__, effect="ends of keys are not known now")
        self._answers = False

    async def _read_after(self, earlier: asyncio.Task[None] | None) -> None:
        """One read for all that ask while the earlier one is under way: that one may not see what they ask for. One
        that hangs, as on a connection that is dead, does not hold up the next for ever."""
        if earlier is not None:
            await asyncio.wait([earlier], timeout=WAIT_SECONDS)
        self._reading, self._next = self._next, None
        await self._read()
        self._tell()

    async def _read(self) -> None:
        async with self._keys.read() as connection:
            if self._seen is None:
                newest: int = (await connection.execute(_NEWEST)).scalar_one()
                rows = (await connection.execute(_ALL)).all()
            else:
                rows = (await connection.execute(_CHANGED, {"seen": self._seen})).all()
                newest = max((row.changed_in for row in rows), default=self._seen)
        self._seen = max(newest, self._seen or 0)
        for row in rows:
            self._note(row)

    def _note(self, row: Any) -> None:
        # Two reads may be under way: the one that began first may end last, and knows less.
        if row.changed_in < self._changes.get(row.key_id, 0):
            return
        self._changes[row.key_id] = row.changed_in
        found, known = KeyEnd(row.revoked_at, row.expires_at, row.replaced_by), self._known.get(row.key_id)
        self._known[row.key_id] = found
        if found.successor != (known.successor if known else None):
            self._call(None)

    def _tell(self) -> None:
        """Call those who listen for what has ended since the last time."""
        now = self._clock.now()
        new = [key for key, end in self._known.items() if key not in self._told and end.is_over(now)]
        self._told.update(new)
        for key_id in new:
            self._call(key_id)
        if new:
            self._call(None)

    def _call(self, key_id: str | None) -> None:
        for callback in list(self._listeners.get(key_id, ())):
            callback()

    def _announce(self) -> None:
        """Say which keys expire soon, each once for each span of ANNOUNCED."""
        now = self._clock.now()
        coming = {
            key_id: end.expires_at
            for key_id, end in self._known.items()
            if end.expires_at is not None and end.successor is None and not end.is_over(now)
        }
        for within in ANNOUNCED:
            EXPIRING.labels(f"{within.days}d").set(sum(at - now <= within for at in coming.values()))
        for key_id, at in coming.items():
            soon = next((span for span in ANNOUNCED if at - now <= span), None)
            if soon is not None and self._announced.get(key_id) != soon:
                self._announced[key_id] = soon
                remedy = "`clearway keys rotate` moves its subscriptions to a new key"
                log.warning("key_expires_soon", key=key_id, expires_at=at.isoformat(), remedy=remedy)
