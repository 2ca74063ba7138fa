"""Writing to the chain of a mission: the records of one transaction, at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from clearway_platform.audit.canonical import chained
from clearway_platform.audit.records import Entry
from clearway_platform.audit.tables import HEADS, RECORDS
from clearway_platform.database.engines import Transaction, on_either, one_or_many

# Made once: to make a statement costs more than to run it.
_BEGIN: Final = on_either(lambda new: new.on_conflict_do_nothing(), HEADS)
_HEAD: Final = select(HEADS.c.sequence, HEADS.c.hash).where(HEADS.c.mission == bindparam("of")).with_for_update()
_MOVE: Final = update(HEADS).where(HEADS.c.mission == bindparam("of"))
_ADD: Final = insert(RECORDS)


async def append(transaction: Transaction, entries: Iterable[Entry]) -> None:
    """Add the entries to the chains of their missions. The end of each chain is locked until the transaction ends."""
    by_mission: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_mission[entry.mission].append(entry)
    # In one order everywhere, so that two transactions never wait for each other.
    for mission, own in sorted(by_mission.items()):
        await _append(transaction, mission, own)


async def _append(transaction: Transaction, mission: str, entries: Sequence[Entry]) -> None:
    connection = transaction.connection
    await connection.execute(_BEGIN[connection.dialect.name], {"mission": mission, "sequence": 0, "hash": None})
    sequence, previous = (await connection.execute(_HEAD, {"of": mission})).one()
    rows = []
    for entry in entries:
        sequence += 1
        own = chained(entry.sealed_part(), previous)
        rows.append(_row(entry) | {"sequence": sequence, "previous": previous, "hash": own})
        previous = own
    await connection.execute(_ADD, one_or_many(rows))
    await connection.execute(_MOVE, {"of": mission, "sequence": sequence, "hash": previous})


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "mission": entry.mission,
        "at": entry.at,
        "kind": str(entry.kind),
        "actor": entry.actor,
        "subject": entry.subject,
        "request_id": entry.request_id,
        "detail": dict(entry.detail),
    }
