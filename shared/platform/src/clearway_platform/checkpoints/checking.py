"""The check of everything: the checkpoints at each place and in the database, and every chain against them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from clearway_platform.audit.links import Fault
from clearway_platform.checkpoints import storage
from clearway_platform.checkpoints.findings import PLACE, Finding
from clearway_platform.checkpoints.judging import Judged, judge, parse, trusted_keys
from clearway_platform.checkpoints.places.place import Place, PlaceError
from clearway_platform.checkpoints.signing import PublicKey
from clearway_platform.checkpoints.statement import Statement, read_line
from clearway_platform.checkpoints.states import Chains
from clearway_platform.checkpoints.walking import Chain
from clearway_platform.checkpoints.witness import Witness, witnesses
from clearway_platform.database.engines import Database
from clearway_platform.heavy import HeavyWork

DATABASE = "database"
"""The name of the checkpoints that the database of the keys holds."""


@dataclass(frozen=True, slots=True)
class PlaceStatus:
    """A place, and the number of its newest checkpoint; None where it cannot be read back."""

    place: str
    last: int | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, and what was found."""

    findings: Sequence[Finding]
    places: Sequence[PlaceStatus]
    chains: int
    statements: Sequence[Statement]


@dataclass(frozen=True, slots=True)
class Check:
    """`database`: that of the keys. `keys`: those that are trusted. `rest`: see `Chain`. `work`: for what takes
    long, beside the requests."""

    database: Database
    chains: Sequence[Chains]
    places: Sequence[Place]
    keys: Sequence[PublicKey]
    rest: float = 0.0
    work: HeavyWork = field(default_factory=lambda: HeavyWork("audit-check"))

    async def everything(self) -> Report:
        """Every chain from its first record on. It only reads."""
        judged, places, findings = await self._judged()
        statements = _united(judged)
        known = await self.work.run(witnesses, statements)
        checked = 0
        for part in self.chains:
            of_part = {mission for chain, mission in known if chain == part.source.name}
            for mission in sorted({*await part.source.heads(part.database), *of_part}):
                witness = known.get((part.source.name, mission), Witness())
                found = await Chain(part.source, part.database, mission, witness, self.rest).check()
                findings += [] if found is None else [found]
                checked += 1
        return Report(findings, places, checked, statements)

    async def since_last(self) -> list[Finding]:
        """What came since the last checkpoint of the database, and the record at which that ended."""
        line = await storage.last_line(self.database)
        last = read_line(line) if line is not None else None
        known = witnesses([last.statement] if last is not None else [])
        findings = []
        for part in self.chains:
            of_part = {mission for chain, mission in known if chain == part.source.name}
            for mission in sorted({*await part.source.heads(part.database), *of_part}):
                witness = known.get((part.source.name, mission), Witness())
                found = await Chain(part.source, part.database, mission, witness, self.rest).check(
                    max(witness.count - 1, 0)
                )
                findings += [] if found is None else [found]
        return findings

    async def _judged(self) -> tuple[list[Judged], list[PlaceStatus], list[Finding]]:
        """The places that can be read, in their order, and the database last."""
        lines, statuses = await self._lines()
        own = await _all_lines(self.database)
        judged = await self.work.run(_judge_all, [*lines.items(), (DATABASE, own)], self.keys)
        findings = [found for one in judged for found in one.findings]
        kept = await storage.places(self.database)
        findings += [found for one in judged[:-1] if (found := _cut_off(one, kept.get(one.place))) is not None]
        findings += _disagreements(judged)
        statuses += [PlaceStatus(one.place, one.last) for one in judged]
        return judged, statuses, findings

    async def _lines(self) -> tuple[dict[str, Sequence[str]], list[PlaceStatus]]:
        lines: dict[str, Sequence[str]] = {}
        statuses = []
        for place in self.places:
            try:
                found = await place.read()
            except PlaceError as error:
                statuses.append(PlaceStatus(place.name, None, str(error)))
                continue
            if found is None:
                statuses.append(PlaceStatus(place.name, None))
            else:
                lines[place.name] = found
        return lines, statuses


def _judge_all(lines: Sequence[tuple[str, Sequence[str]]], given: Sequence[PublicKey]) -> list[Judged]:
    """Each place. A handover that stands at one of them is known at all."""
    everyone = [one for name, found in lines for one in parse(name, found)[0]]
    keys = trusted_keys(given, everyone)
    return [judge(name, found, keys) for name, found in lines]


async def _all_lines(database: Database) -> list[str]:
    lines: list[str] = []
    after = 0
    while more := await storage.lines_after(database, after):
        lines += more
        last = read_line(more[-1])
        after = after + len(more) if last is None else last.statement.sequence
    return lines


def _united(judged: Iterable[Judged]) -> list[Statement]:
    """Each statement once. Where two places differ, the one that is named first is believed."""
    found: dict[int, Statement] = {}
    for one in judged:
        for checkpoint in one.checkpoints:
            found.setdefault(checkpoint.statement.sequence, checkpoint.statement)
    return [found[number] for number in sorted(found)]


def _cut_off(judged: Judged, kept: storage.Kept | None) -> Finding | None:
    """Whether checkpoints that were written to a place are not there any more."""
    if kept is None or judged.last >= kept.sequence:
        return None
    if judged.last == 0:
        said = f"none of the {kept.sequence} checkpoints is there any more ({judged.place})"
        return Finding(PLACE, Fault.REMOVED, said, sequence=1, place=judged.place)
    said = (
        f"the last checkpoint is {judged.last}, and {kept.sequence} was written: it was cut off, or replaced by an "
        f"older copy ({judged.place})"
    )
    return Finding(PLACE, Fault.TRUNCATED, said, sequence=judged.last + 1, place=judged.place)


def _disagreements(judged: Sequence[Judged]) -> list[Finding]:
    """Places, and the database, that hold other checkpoints than the place before them."""
    findings: list[Finding] = []
    first = judged[0]
    for one in judged[1:]:
        known = {other.statement.sequence: other.statement.hash for other in one.checkpoints}
        for checkpoint in first.checkpoints:
            number = checkpoint.statement.sequence
            if number in known and known[number] != checkpoint.statement.hash:
                said = f"checkpoint {number} is another one than at {first.place} ({one.place})"
                findings.append(Finding(PLACE, Fault.CHANGED, said, sequence=number, place=one.place))
                break
    database, outside = judged[-1], max((one.last for one in judged[:-1]), default=0)
    if database.last < outside:
        said = (
            f"the database has checkpoints up to {database.last}, and {outside} was made: it was restored from a "
            "backup, or checkpoints were removed. If you restored it, accept that with `clearway audit adopt`"
        )
        findings.append(Finding(PLACE, Fault.TRUNCATED, said, sequence=database.last + 1, place=DATABASE))
    return findings
