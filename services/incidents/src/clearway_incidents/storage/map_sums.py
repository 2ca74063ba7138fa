"""Counts incidents into the sums of the map, each once, at the revision that it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, func, select, tuple_, update

from clearway_incidents.domain.map_sums import Cell, Counted, Kind, Sum, added_up
from clearway_incidents.storage.map_tables import MAP_KINDS, MAP_SUMS
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS, UNCOUNTED
from clearway_platform.database.engines import Transaction, on_either, one_or_many

_MARKED: Final = tuple(name for name in Kind._fields if name != "exercise")
_COUNTED: Final = ("incident_id", "longitude", "latitude", *_MARKED)
_NOW: Final = INCIDENTS.c
_THEN: Final = REVISIONS.c
_OF_MISSION: Final = _NOW.mission == bindparam("of")
# What an older program wrote has its marks in its state alone, and is counted when it is read.
_UNCOUNTED: Final = select(
    *(_NOW[name] for name in ("revision", "counted_of", "exercise", *_COUNTED)),
).where(_OF_MISSION, UNCOUNTED, _NOW.marks_of == _NOW.revision)
_AT_REVISIONS: Final = select(
    _THEN.revision, _THEN.state["exercise"].as_boolean().label("exercise"), *(_THEN[name] for name in _COUNTED)
).where(
    _THEN.mission == bindparam("of"),
    # By the whole key: for pairs SQLite looks through all revisions of the mission. Other pairs are left out later.
    _THEN.incident_id.in_(bindparam("ids", expanding=True)),
    _THEN.revision.in_(bindparam("revisions", expanding=True)),
)
_MARK: Final = (
    update(INCIDENTS)
    .where(
        _OF_MISSION,
        # UNCOUNTED, so said that SQLite finds them by their ids and not through all that are not counted.
        func.coalesce(_NOW.counted_of, 0) != _NOW.revision,
        _NOW.incident_id.in_(bindparam("ids", expanding=True)),
        tuple_(_NOW.incident_id, _NOW.revision).in_(bindparam("seen", expanding=True)),
    )
    .values(counted_of=_NOW.revision)
)
_ADD_KINDS: Final = on_either(lambda new: new.on_conflict_do_nothing(), MAP_KINDS)
_KINDS: Final = select(MAP_KINDS).where(MAP_KINDS.c.mission == bindparam("of"))
_ADD: Final = on_either(
    lambda new: new.on_conflict_do_update(
        index_elements=[column.name for column in MAP_SUMS.primary_key],
        set_={name: MAP_SUMS.c[name] + new.excluded[name] for name in ("incidents", "x", "y")},
    ),
    MAP_SUMS,
)
_EMPTY: Final = delete(MAP_SUMS).where(
    MAP_SUMS.c.incidents == 0,
    *(column == bindparam(f"of_{column.name}") for column in MAP_SUMS.primary_key),
)


class CountedMeanwhile(Exception):
    """Another process counted some of them, or they were changed: count again."""


async def count_some(transaction: Transaction, mission: str, most: int) -> int:
    """Count up to so many of a mission's incidents; how many there were. Raises CountedMeanwhile: the caller must not
    commit then."""
    connection = transaction.connection
    found = (await connection.execute(_UNCOUNTED.limit(most), {"of": mission})).all()
    if not found:
        return 0
    sums = added_up([*_counted(found, 1), *_counted(await _before(transaction, mission, found), -1)])
    await _add(transaction, mission, sums)
    # Last, so that a change of one of them waits for the end of the transaction alone.
    seen = [(row.incident_id, row.revision) for row in found]
    marked = {"of": mission, "seen": seen, "ids": [row.incident_id for row in found]}
    if (await connection.execute(_MARK, marked)).rowcount != len(found):
        raise CountedMeanwhile
    return len(found)


async def _before(transaction: Transaction, mission: str, found: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """What the sums have of them."""
    before = {row.incident_id: row.counted_of for row in found if row.counted_of is not None}
    if not before:
        return []
    named = {"of": mission, "ids": list(before), "revisions": sorted(set(before.values()))}
    rows = (await transaction.connection.execute(_AT_REVISIONS, named)).all()
    return [row for row in rows if row.revision == before[row.incident_id]]


def _counted(rows: Iterable[Row[Any]], sign: int) -> Iterator[Counted]:
    for row in rows:
        kind = Kind(**{name: getattr(row, name) for name in _MARKED}, exercise=bool(row.exercise))
        yield Counted(kind, row.longitude, row.latitude, sign)


async def _add(transaction: Transaction, mission: str, sums: Mapping[tuple[Kind, Cell], Sum]) -> None:
    if not sums:
        return
    connection = transaction.connection
    kinds = await _kinds(transaction, mission, {kind for kind, _cell in sums})
    # In one order, so that two processes never wait for each other.
    rows = [
        {"mission": mission, **cell._asdict(), "kind": kinds[kind], "incidents": one.incidents, "x": one.x, "y": one.y}
        for (kind, cell), one in sorted(sums.items(), key=lambda item: (item[0][1], kinds[item[0][0]]))
    ]
    await connection.execute(_ADD[connection.dialect.name], one_or_many(rows))
    less = [
        {f"of_{column.name}": row[column.name] for column in MAP_SUMS.primary_key}
        for row in rows
        if row["incidents"] < 0
    ]
    if less:
        await connection.execute(_EMPTY, one_or_many(less))


async def _kinds(transaction: Transaction, mission: str, wanted: Iterable[Kind]) -> Mapping[Kind, int]:
    """The number of each kind."""
    connection = transaction.connection
    rows = [{"mission": mission, **kind._asdict()} for kind in sorted(wanted)]
    await connection.execute(_ADD_KINDS[connection.dialect.name], one_or_many(rows))
    known = (await connection.execute(_KINDS, {"of": mission})).all()
    return {Kind(*(getattr(row, name) for name in Kind._fields)): row.kind for row in known}
