"""What requests leave for the audit: noted beside the request, bounded, and written by one worker."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter as Metric

from clearway_platform.audit.canonical import moment_text
from clearway_platform.audit.records import NO_MISSION, Entry, RecordKind
from clearway_platform.clock import Clock

# Entries that wait, of one mission: a flood in one does not push out what another leaves.
CAPACITY: Final = 5_000
AT_ONCE: Final = 100
# Repeats of a denial or an export within this time are counted, and written as one number at its end.
WINDOW: Final = timedelta(minutes=10)
# Different denials and exports of one mission within the window; all further ones are counted together.
DISTINCT: Final = 100
# The same key is recorded to have read the same thing once in this time.
READ_AGAIN: Final = timedelta(hours=1)
_REMEMBERED_READS: Final = 100_000
_FURTHER: Final = "further"

LOST = Metric("clearway_audit_entries_lost", "Entries of the audit that were not recorded, because too many waited")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made a request, and its id. Without a valid key it has neither mission nor actor."""

    mission: str = NO_MISSION
    actor: str | None = None
    request_id: str | None = None


@dataclass(slots=True)
class _Repeats:
    kind: RecordKind
    since: datetime
    last: datetime
    count: int = 0


_Repeated = tuple[str, RecordKind, str | None, str]


class Trail:
    """Takes entries without waiting, and gives them to its worker."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque()
        self._waiting: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._repeats: dict[_Repeated, _Repeats] = {}
        self._distinct: Counter[str] = Counter()
        self._read: OrderedDict[tuple[str, str | None, str], datetime] = OrderedDict()
        self.has_entries = asyncio.Event()

    def denied(self, caller: Caller, code: str, address: str) -> None:
        """A request was refused: `address` is its method and the template of its path."""
        self._repeated(caller, RecordKind.DENIED, f"{code} {address}")

    def exported(self, caller: Caller, what: str) -> None:
        """Data left in bulk: a file, a stream, a backup."""
        self._repeated(caller, RecordKind.EXPORTED, what)

    def read_restricted(self, caller: Caller, subjects: Iterable[str]) -> None:
        """Fields that marks keep from others were read."""
        now = self._clock.now()
        for subject in subjects:
            known = (caller.mission, caller.actor, subject)
            before = self._read.get(known)
            if before is not None and now - before < READ_AGAIN:
                continue
            self._read[known] = now
            self._read.move_to_end(known)
            if len(self._read) > _REMEMBERED_READS:
                self._read.popitem(last=False)
            self._put(self._entry(caller, RecordKind.RESTRICTED_READ, now, subject))

    def noted(self, caller: Caller, kind: RecordKind, subject: str) -> None:
        """Something was done that is recorded each time."""
        self._put(self._entry(caller, kind, self._clock.now(), subject))

    def take(self) -> list[Entry]:
        """The next entries, a transaction's worth. Those that could not wait are in it as their number."""
        self._end_windows()
        taken = [self._entries.popleft() for _ in range(min(AT_ONCE, len(self._entries)))]
        self._waiting.subtract(entry.mission for entry in taken)
        taken += self._losses()
        if not self._entries:
            self.has_entries.clear()
        return taken

    def end(self) -> None:
        """End every window now: the process ends."""
        self._end_windows(at_once=True)

    def _repeated(self, caller: Caller, kind: RecordKind, subject: str) -> None:
        now = self._clock.now()
        known = (caller.mission, kind, caller.actor, subject)
        if known not in self._repeats and self._distinct[caller.mission] >= DISTINCT:
            known = (caller.mission, kind, None, _FURTHER)
        repeats = self._repeats.get(known)
        if repeats is not None:
            repeats.count += 1
            repeats.last = now
            return
        self._repeats[known] = _Repeats(kind, now, now)
        self._distinct[caller.mission] += 1
        _mission, _kind, actor, said = known
        self._put(self._entry(Caller(caller.mission, actor, caller.request_id), kind, now, said))

    def _end_windows(self, *, at_once: bool = False) -> None:
        # The oldest is the first.
        while self._repeats:
            known, repeats = next(iter(self._repeats.items()))
            if not at_once and self._clock.now() - repeats.since < WINDOW:
                return
            del self._repeats[known]
            mission, kind, actor, subject = known
            self._distinct[mission] -= 1
            if repeats.count:
                detail = {"repeats": repeats.count, "since": moment_text(repeats.since)}
                self._put(Entry(mission, kind, repeats.last, actor, subject, detail=detail))

    def _entry(self, caller: Caller, kind: RecordKind, now: datetime, subject: str) -> Entry:
        return Entry(caller.mission, kind, now, caller.actor, subject, caller.request_id)

    def _put(self, entry: Entry) -> None:
        if self._waiting[entry.mission] >= CAPACITY:
            self._lost[entry.mission] += 1
            LOST.inc()
            return
        self._waiting[entry.mission] += 1
        self._entries.append(entry)
        self.has_entries.set()

    def _losses(self) -> Iterator[Entry]:
        now = self._clock.now()
        for mission, count in self._lost.items():
            yield Entry(mission, RecordKind.NOT_RECORDED, now, detail={"entries": count})
        self._lost.clear()
