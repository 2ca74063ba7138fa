"""The check of one chain: record by record, against the records themselves, each other, and the checkpoints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from clearway_platform.audit.links import ChainSource, Fault, Head, Link
from clearway_platform.checkpoints.findings import Finding
from clearway_platform.checkpoints.statement import MARK
from clearway_platform.checkpoints.witness import Witness
from clearway_platform.database.engines import Database

AT_ONCE: Final = 100
# How far ahead a record is looked for that stands at another place than its own.
_AHEAD: Final = 500


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain to check. `rest`: how long to rest after a part, as a share of the time that it took: requests and
    warnings go first."""

    source: ChainSource
    database: Database
    mission: str
    witness: Witness
    rest: float = 0.0

    async def check(self, after: int = 0) -> Finding | None:
        """The first record after the number `after` that is wrong; None when all are right. From the beginning on, also
        a record that is in no chain."""
        head = await self.source.head(self.database, self.mission) or Head(0, None)
        last, known = None, after == 0
        expected = after + 1
        async for link, following in self._pairs(after):
            if link.sequence != expected and not self.witness.accepts_gap(expected):
                return self._found(Fault.REMOVED, expected, "it is missing")
            fault = await self._fault(link, following, last, head, known=known or last is not None)
            if fault is not None:
                return fault
            expected, last = link.sequence + 1, link
        found = await self._end(expected, last, head)
        return found if found is not None or after else await self._stray()

    async def _pairs(self, after: int) -> AsyncIterator[tuple[Link, Link | None]]:
        """Each record with the one after it."""
        kept: Link | None = None
        while True:
            begun = time.monotonic()
            links = await self.source.links(self.database, self.mission, after, AT_ONCE)
            row = [*([kept] if kept is not None else []), *links]
            for pair in pairwise(row):
                yield pair
            if row:
                kept = row[-1]
                after = kept.sequence
            if len(links) < AT_ONCE:
                if kept is not None:
                    yield kept, None
                return
            await asyncio.sleep(self.rest * (time.monotonic() - begun))

    async def _fault(
        self, link: Link, following: Link | None, last: Link | None, head: Head, *, known: bool
    ) -> Finding | None:
        """What is wrong with a record at its place. `known`: whether the record before it is."""
        before = last.hash if last is not None else None
        mark = self.witness.marks.get(link.sequence)
        if mark is not None and link.hash[:MARK] != mark:
            return await self._against_mark(link, following, mark)
        if self.witness.accepts(link.sequence):
            return None
        if known and link.previous != before:
            return await self._out_of_order(link, last, before, head)
        if link.computed != link.hash:
            if mark is None and following is not None and following.previous == before and before != link.hash:
                return self._found(Fault.INSERTED, link.sequence, link.name)
            return self._found(Fault.CHANGED, link.sequence, link.name)
        if link.fault is not None:
            return self._found(link.fault, link.sequence, link.name)
        if link.sequence == head.sequence and head.hash is not None and head.hash != link.hash:
            return self._found(Fault.CHANGED, link.sequence, f"{link.name}: it is not the end of the chain any more")
        return None

    async def _against_mark(self, link: Link, following: Link | None, mark: str) -> Finding:
        """The checkpoints know another record at this place."""
        number, own = link.sequence, link.hash[:MARK]
        if following is not None and following.hash[:MARK] == mark:
            if self.witness.marks.get(number + 1) == own:
                return self._found(Fault.REORDERED, number, link.name)
            return self._found(Fault.INSERTED, number, link.name)
        if self.witness.marks.get(number + 1) == own:
            return self._found(Fault.REMOVED, number, f"{link.name} stands at its place")
        ahead = await self.source.links(self.database, self.mission, number, _AHEAD)
        if any(one.hash[:MARK] == mark for one in ahead):
            return self._found(Fault.REORDERED, number, link.name)
        if await self.source.last(self.database, self.mission) < self.witness.count:
            return self._found(Fault.REMOVED, number, "it is missing, and what followed was written anew")
        said = link.name if link.computed != link.hash else f"{link.name}: it was written anew, with all after it"
        return self._found(Fault.CHANGED, number, said)

    async def _out_of_order(self, link: Link, last: Link | None, before: str | None, head: Head) -> Finding:
        """The record does not follow the one before it."""
        if last is not None and link.previous == last.previous and self.witness.marks.get(last.sequence) is None:
            return self._found(Fault.INSERTED, last.sequence, last.name)
        ahead = await self.source.links(self.database, self.mission, link.sequence, _AHEAD)
        if any(one.previous == before for one in ahead):
            return self._found(Fault.REORDERED, link.sequence, link.name)
        is_shorter = await self.source.last(self.database, self.mission) < head.sequence
        if last is None or self.witness.marks.get(last.sequence) is not None or is_shorter:
            return self._found(Fault.REMOVED, link.sequence, f"{link.name} stands at its place")
        return self._found(Fault.CHANGED, last.sequence, last.name)

    async def _end(self, expected: int, last: Link | None, head: Head) -> Finding | None:
        """Whether the chain ends where it must."""
        wanted = max(head.sequence, self.witness.count)
        if expected <= wanted:
            said = f"there were {wanted} records, and the last one is {expected - 1}"
            return self._found(Fault.TRUNCATED, expected, said)
        now = await self.source.head(self.database, self.mission) or head
        if last is not None and last.sequence > now.sequence:
            return self._found(Fault.INSERTED, now.sequence + 1, "it stands after the end of the chain")
        return None

    async def _stray(self) -> Finding | None:
        strays = await self.source.strays(self.database, self.mission)
        if not strays:
            return None
        further = f", and {len(strays) - 1} more" if len(strays) > 1 else ""
        return self._found(Fault.INSERTED, None, f"{strays[0].name} is in no chain{further}")

    def _found(self, fault: Fault, sequence: int | None, said: str) -> Finding:
        where = "" if sequence is None else f"; {self.witness.between(sequence)}"
        return Finding(self.source.name, fault, said + where, self.mission, sequence)
