"""The texts that are withheld, kept for a person to decide on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import bindparam, delete, insert, select

from clearway_incidents.domain.held_texts import HeldTextState
from clearway_incidents.domain.withholding import REASON, Held
from clearway_incidents.storage.tables import HELD_TEXTS
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction, one_or_many

HELD: Final = Counter("clearway_held_texts", "Texts of reports that were withheld for a person to review")

_TABLE: Final = HELD_TEXTS.c
_KEEP: Final = insert(HELD_TEXTS)
_WAITING: Final = select(_TABLE.field, _TABLE.text).where(
    _TABLE.mission == bindparam("of_mission"),
    _TABLE.incident_id == bindparam("about"),
    _TABLE.state == HeldTextState.OPEN.value,
)
_FORGET: Final = delete(HELD_TEXTS).where(
    _TABLE.mission == bindparam("of_mission"), _TABLE.incident_id == bindparam("about")
)


@dataclass(frozen=True, slots=True)
class HeldFrom:
    """Texts that came with one change of an incident, the revision that lacks them, and who sent them."""

    mission: str
    incident_id: UUID
    revision: int
    texts: Sequence[Held]
    sent_by: str
    person: str | None
    organisation: str | None
    at: datetime


async def keep_texts(transaction: Transaction, held: Sequence[HeldFrom]) -> None:
    """Keep what was withheld. A text that waits already under the same name is kept once."""
    rows = []
    for one in held:
        waiting = await _waiting(transaction, one)
        new = (text for text in one.texts if text.field == REASON or (text.field, text.text) not in waiting)
        rows += [_row(one, text) for text in new]
    if rows:
        await transaction.connection.execute(_KEEP, one_or_many(rows))
        HELD.inc(len(rows))


async def forget_texts(transaction: Transaction, mission: str, incident_id: UUID) -> None:
    """Delete every held text of an incident."""
    await transaction.connection.execute(_FORGET, {"of_mission": mission, "about": incident_id})


async def _waiting(transaction: Transaction, held: HeldFrom) -> set[tuple[str, str]]:
    named = {"of_mission": held.mission, "about": held.incident_id}
    return {(row.field, row.text) for row in await transaction.connection.execute(_WAITING, named)}


def _row(one: HeldFrom, held: Held) -> dict[str, Any]:
    return {
        "held_id": new_id(),
        "revision": 1,
        "mission": one.mission,
        "incident_id": one.incident_id,
        "incident_revision": one.revision,
        "field": held.field,
        "text": held.text,
        "why": list(held.why),
        "sent_by": one.sent_by,
        "person": one.person,
        "organisation": one.organisation,
        "held_at": one.at,
        "state": HeldTextState.OPEN.value,
    }
