"""Whom an incident rests on, from its revisions and those of all incidents that were merged into it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select

from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import Status
from clearway_incidents.commands.revisions import Recorded, Revisions
from clearway_incidents.domain.life import REPORTING, Kind
from clearway_incidents.domain.verifying import Basis
from clearway_incidents.storage.tables import REVISIONS
from clearway_platform.database.engines import Transaction

_TABLE: Final = REVISIONS.c
# The decisive facts by the names of the fields, for revisions of release 0.1.0, which keep these names alone.
_DECISIVE: Final = ("category", "exercise", "location.point", "location.uncertainty_m", "outcome", "time.")


async def basis_of(
    transaction: Transaction, revisions: Revisions, incident: IncidentState, *, without: UUID | None = None
) -> Basis:
    """The basis of an incident; `without` an incident that leaves, and all that were merged into that one."""
    family = await _family(transaction, revisions, incident, without)
    reporters: dict[UUID, str] = {}
    correctors: set[str] = set()
    graders: set[str] = set()
    for row in await _rows(transaction, incident.mission, family):
        who = row.person or row.by
        if row.kind == Kind.GRADED:
            graders |= {who} if row.incident_id == incident.incident_id else set()
        elif row.kind == Kind.CORRECTED:
            correctors |= {who} if _is_decisive(row) else set()
        else:
            reporters[row.report_id or await _report_of(transaction, revisions, incident.mission, row)] = who
    return Basis(reporters, frozenset(correctors), frozenset(graders))


async def last_verified(transaction: Transaction, revisions: Revisions, now: Recorded) -> IncidentState:
    """A verified incident as it was verified, or as it was when an assessor last corrected a decisive fact and kept it
    verified; any other one as it is."""
    incident = now.incident
    if incident.status is not Status.VERIFIED:
        return incident
    is_decided = or_(
        _TABLE.kind == Kind.VERIFIED.value, and_(_TABLE.kind == Kind.CORRECTED.value, _TABLE.decisive.is_(True))
    )
    query = select(_TABLE.revision).where(_of(incident.mission, [incident.incident_id]), is_decided)
    number = (await transaction.connection.execute(query.order_by(_TABLE.revision.desc()).limit(1))).scalar()
    if number is None or number == incident.revision:
        return incident
    return (await revisions.at(transaction, incident.mission, incident.incident_id, number)).incident


async def _family(
    transaction: Transaction, revisions: Revisions, incident: IncidentState, without: UUID | None
) -> list[UUID]:
    """The incident and all that were merged into it, into those, and so on."""
    family, waiting = [incident.incident_id], [item for item in incident.links.merged_from if item != without]
    while waiting:
        merged = await revisions.current(transaction, incident.mission, waiting.pop())
        if merged.incident.incident_id not in family:
            family.append(merged.incident.incident_id)
            waiting += merged.incident.links.merged_from
    return family


async def _rows(transaction: Transaction, mission: str, family: list[UUID]) -> Iterable[Row[Any]]:
    kinds = sorted(kind.value for kind in {*REPORTING, Kind.CORRECTED, Kind.GRADED})
    names = ("incident_id", "revision", "kind", "by", "person", "report_id", "decisive", "changed")
    query = select(*(_TABLE[name] for name in names)).where(_of(mission, family), _TABLE.kind.in_(kinds))
    return await transaction.connection.execute(query.order_by(_TABLE.recorded_at, _TABLE.revision))


def _of(mission: str, ids: list[UUID]) -> ColumnElement[bool]:
    return and_(_TABLE.mission == mission, _TABLE.incident_id.in_(ids))


def _is_decisive(row: Row[Any]) -> bool:
    if row.decisive is None:
        return any(name.startswith(_DECISIVE) for name in row.changed)
    return bool(row.decisive)


async def _report_of(transaction: Transaction, revisions: Revisions, mission: str, row: Row[Any]) -> UUID:
    """The report that came with a revision of release 0.1.0, which has it in its state alone."""
    state = (await revisions.at(transaction, mission, row.incident_id, row.revision)).incident
    return state.reports[-1].report_id
