"""The checkpoints in the database of the keys: what is still to be written to a place is read from there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError

from clearway_platform.audit.binding import of_chain
from clearway_platform.audit.records import NO_MISSION
from clearway_platform.audit.tables import CHECKPOINTS, CHECKS, PLACES
from clearway_platform.checkpoints.statement import Signed
from clearway_platform.database.engines import Database, Transaction, insert

_AT_ONCE: Final = 50
_OF_ALL: Final = "a checkpoint contains the chains of every mission"
_CHECKS: Final = select(CHECKS).order_by(CHECKS.c.scope, CHECKS.c.mission)


@dataclass(frozen=True, slots=True)
class Kept:
    """How far a place has the checkpoints, and why the last attempt failed."""

    sequence: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of the last check of a scope."""

    scope: str
    checked_at: datetime
    findings: Sequence[dict[str, Any]]


async def lines_after(database: Database, sequence: int, limit: int = _AT_ONCE) -> Sequence[str]:
    """The next checkpoints, as they are written."""
    query = select(CHECKPOINTS.c.line).where(CHECKPOINTS.c.sequence > sequence)
    async with database.of_every_mission(_OF_ALL).read() as connection:
        return (await connection.execute(query.order_by(CHECKPOINTS.c.sequence).limit(limit))).scalars().all()


async def last_line(database: Database) -> str | None:
    """The newest checkpoint."""
    query = select(CHECKPOINTS.c.line).order_by(CHECKPOINTS.c.sequence.desc()).limit(1)
    async with database.of_every_mission(_OF_ALL).read() as connection:
        line: str | None = (await connection.execute(query)).scalar()
    return line


async def last_made(database: Database) -> tuple[int, datetime] | None:
    """The number and time of the newest checkpoint."""
    query = select(CHECKPOINTS.c.sequence, CHECKPOINTS.c.made_at).order_by(CHECKPOINTS.c.sequence.desc()).limit(1)
    async with database.of_every_mission(_OF_ALL).read() as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.sequence, row.made_at)


async def keep(transaction: Transaction, checkpoints: Sequence[Signed]) -> None:
    """Raises IntegrityError when another process has made one of them."""
    rows = [
        {"sequence": one.statement.sequence, "made_at": one.statement.moment, "line": one.line} for one in checkpoints
    ]
    await transaction.connection.execute(CHECKPOINTS.insert(), rows)


async def keep_if_first(database: Database, checkpoint: Signed) -> bool:
    """False when another process has made the checkpoint of this number."""
    try:
        async with database.of_every_mission(_OF_ALL).write() as transaction:
            await keep(transaction, [checkpoint])
    except IntegrityError:
        return False
    return True


async def places(database: Database) -> dict[str, Kept]:
    """All places that were ever written to, by name."""
    async with database.of_every_mission(_OF_ALL).read() as connection:
        rows = await connection.execute(select(PLACES))
        return {row.place: Kept(row.sequence, row.problem) for row in rows}


async def note_place(database: Database, place: str, sequence: int, problem: str | None) -> None:
    """How far a place is now. It never goes back."""
    async with database.of_every_mission(_OF_ALL).write() as transaction:
        added = insert(transaction.connection, PLACES)
        named = added.values(place=place, sequence=sequence, problem=problem)
        await transaction.connection.execute(named.on_conflict_do_nothing())
        now = update(PLACES).where(PLACES.c.place == place, PLACES.c.sequence <= sequence)
        await transaction.connection.execute(now.values(sequence=sequence, problem=problem))


async def note_check(database: Database, checked: Checked) -> None:
    """Keep what a check found, in place of what the one before it found."""
    found: dict[str, list[dict[str, Any]]] = {NO_MISSION: []}
    for one in checked.findings:
        found.setdefault(one.get("mission") or NO_MISSION, []).append(one)
    before = select(CHECKS.c.mission).where(CHECKS.c.scope == checked.scope)
    async with database.of_every_mission(_OF_ALL).write() as transaction:
        connection = transaction.connection
        for mission in sorted({*found, *(await connection.execute(before)).scalars()}):
            values = {"checked_at": checked.checked_at, "findings": found.get(mission, [])}
            added = insert(connection, CHECKS).values(scope=checked.scope, mission=mission, **values)
            await connection.execute(
                added.on_conflict_do_update(index_elements=[CHECKS.c.scope, CHECKS.c.mission], set_=values)
            )


async def checks(database: Database) -> Sequence[Checked]:
    """The last check of each scope, with all that it found."""
    async with database.of_every_mission(_OF_ALL).read() as connection:
        return _checked((await connection.execute(_CHECKS)).all())


async def checks_of(database: Database, mission: str) -> Sequence[Checked]:
    """The last check of each scope, with what it found of this mission, and of none."""
    async with of_chain(database, NO_MISSION).read() as connection:
        of_none = (await connection.execute(_CHECKS.where(CHECKS.c.mission == NO_MISSION))).all()
    async with database.of(mission).read() as connection:
        own = (await connection.execute(_CHECKS.where(CHECKS.c.mission == mission))).all()
    return _checked([*of_none, *own])


def _checked(rows: Iterable[Row[Any]]) -> list[Checked]:
    times: dict[str, datetime] = {}
    findings: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        times[row.scope] = max(row.checked_at, times.get(row.scope, row.checked_at))
        findings[row.scope] += row.findings
    return [Checked(scope, times[scope], findings[scope]) for scope in sorted(times)]
