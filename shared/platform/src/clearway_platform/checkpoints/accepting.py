"""What a person decides about checkpoints: another signing key, and a difference that is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clearway_platform.audit.canonical import moment_text
from clearway_platform.audit.chain import append
from clearway_platform.audit.records import NO_MISSION, Entry, RecordKind
from clearway_platform.checkpoints import storage
from clearway_platform.checkpoints.checking import Report
from clearway_platform.checkpoints.findings import PLACE, Finding
from clearway_platform.checkpoints.signing import SigningKey
from clearway_platform.checkpoints.statement import Adopted, Signed, Statement, read_line, signed
from clearway_platform.checkpoints.states import Chains, states_of
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database


@dataclass(frozen=True, slots=True)
class Accepting:
    """`actor`: who decides."""

    database: Database
    chains: Sequence[Chains]
    clock: Clock
    actor: str

    async def change_key(self, old: SigningKey, new: SigningKey) -> Signed:
        """A checkpoint that both keys sign: whoever trusts one of them, trusts the other. A record of it is in the
        audit."""
        detail = {"key": new.public.id, "before": old.public.id}
        await self._record(
            [Entry(NO_MISSION, RecordKind.SIGNING_KEY_CHANGED, self.clock.now(), self.actor, detail=detail)]
        )
        line = await storage.last_line(self.database)
        before = read_line(line) if line is not None else None
        keys = {"old_key": old.public.text, "next_key": new.public.text}
        statement = (await self._next(None if before is None else before.statement)).model_copy(update=keys)
        return await self._keep([signed(statement, [old, new])])

    async def adopt(self, key: SigningKey, report: Report, known: Sequence[Signed], reason: str) -> Signed:
        """A checkpoint that accepts every chain as it is now, from where the check found it to differ. `known` are the
        checkpoints at the places: those that the database lacks are added to it. The chains say that it was done, by
        whom and why."""
        adopted = [one for found in report.findings if (one := await self._adopted(found)) is not None]
        missions = {one.mission for one in adopted} or {NO_MISSION}
        now = self.clock.now()
        entries = [
            Entry(
                mission,
                RecordKind.ADOPTED,
                now,
                self.actor,
                detail={"reason": reason, "chains": _named(adopted, mission)},
            )
            for mission in sorted(missions)
        ]
        await self._record(entries)
        line = await storage.last_line(self.database)
        own = read_line(line) if line is not None else None
        last = 0 if own is None else own.statement.sequence
        missing = [one for one in known if one.statement.sequence > last]
        before = missing[-1] if missing else own
        statement = await self._next(None if before is None else before.statement, adopted=adopted, reason=reason)
        return await self._keep([*missing, signed(statement, [key])])

    async def _adopted(self, found: Finding) -> Adopted | None:
        """What is accepted of a finding; None where it is not of a chain, or of what is in no chain."""
        if found.chain == PLACE or found.mission is None or found.sequence is None:
            return None
        part = next(part for part in self.chains if part.source.name == found.chain)
        head = await part.source.head(part.database, found.mission)
        until = max(head.sequence if head is not None else 0, await part.source.last(part.database, found.mission))
        return Adopted(chain=found.chain, mission=found.mission, first=found.sequence, until=until)

    async def _next(
        self,
        before: Statement | None,
        *,
        adopted: Sequence[Adopted] = (),
        reason: str | None = None,
    ) -> Statement:
        return Statement(
            sequence=1 if before is None else before.sequence + 1,
            made_at=moment_text(self.clock.now()),
            previous=None if before is None else before.hash,
            chains=await states_of(self.chains, before, adopted),
            reason=reason,
            by=self.actor,
            adopted=tuple(adopted),
        )

    async def _record(self, entries: Sequence[Entry]) -> None:
        async with self.database.of_every_mission("a decision about every chain").write() as transaction:
            await append(transaction, entries)

    async def _keep(self, checkpoints: Sequence[Signed]) -> Signed:
        async with self.database.of_every_mission("a decision about every chain").write() as transaction:
            await storage.keep(transaction, checkpoints)
        return checkpoints[-1]


def _named(adopted: Sequence[Adopted], mission: str) -> list[str]:
    return [f"{one.chain} from {one.first}" for one in adopted if one.mission == mission]
