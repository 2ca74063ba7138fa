"""Revisions of a mission's risk parameters, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Row, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.revision import OPEN, ParametersState
from clearway_analytics.ledger.missions import FIRST_PARAMETERS, Mission
from clearway_analytics.risk.comparison import Summary
from clearway_analytics.risk.parameters import Parameters
from clearway_analytics.storage import states
from clearway_analytics.storage.tables import PARAMETERS
from clearway_platform.database.engines import insert

FIRST_REASON: Final = "The parameters that the mission began with."


@dataclass(frozen=True, slots=True)
class ParametersRevision:
    """One revision. `version` counts its changes of state, `step` the writes to its shadow. One that follows
    the rate of incidents, and the first, have no proposer."""

    mission: str
    parameters_id: UUID
    revision: int
    version: int
    state: ParametersState
    parameters: Parameters
    reason: str
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None
    step: int = 0
    compared_at: datetime | None = None
    summary: Summary | None = None

    def changed(
        self,
        state: ParametersState,
        by: str | None = None,
        at: datetime | None = None,
        reason: str | None = None,
    ) -> ParametersRevision:
        """In another state; `by` is the person who decided so, and `reason` says why."""
        return replace(
            self, state=state, version=self.version + 1, decided_by=by, decided_at=at, decision_reason=reason
        )


def first_of(mission: Mission) -> ParametersRevision:
    """The first revision of a mission in which it is in use and has no row. Every process computes the same id."""
    return ParametersRevision(
        mission=mission.name,
        parameters_id=uuid5(NAMESPACE_URL, f"clearway:risk-parameters:{mission.name}"),
        revision=FIRST_PARAMETERS,
        version=1,
        state=ParametersState.CURRENT,
        parameters=mission.parameters,
        reason=FIRST_REASON,
    )


async def page(
    connection: AsyncConnection, mission: Mission, before: int | None, limit: int
) -> list[ParametersRevision]:
    """The mission's revisions before a number, the newest first."""
    query = _of(mission.name).order_by(PARAMETERS.c.revision.desc()).limit(limit)
    if before is not None:
        query = query.where(PARAMETERS.c.revision < before)
    found = [_revision(row) for row in await connection.execute(query)]
    if not found and (before is None or before > FIRST_PARAMETERS):
        return [first_of(mission)]
    return found


async def find(connection: AsyncConnection, mission: Mission, parameters_id: UUID) -> ParametersRevision | None:
    """One revision of the mission, or None."""
    row = (await connection.execute(_of(mission.name).where(PARAMETERS.c.parameters_id == parameters_id))).one_or_none()
    if row is not None:
        return _revision(row)
    first = first_of(mission)
    unwritten = mission.parameters_revision == FIRST_PARAMETERS and first.parameters_id == parameters_id
    return first if unwritten else None


async def open_proposals(connection: AsyncConnection, mission: str | None = None) -> Sequence[ParametersRevision]:
    """The proposals that are not decided yet: at most one of each mission."""
    query = select(PARAMETERS) if mission is None else _of(mission)
    rows = await connection.execute(query.where(PARAMETERS.c.state.in_(OPEN)).order_by(PARAMETERS.c.mission))
    return [_revision(row) for row in rows]


async def last(connection: AsyncConnection, mission: Mission) -> ParametersRevision:
    """The newest revision. The first one is inserted when it has no row. The mission is locked."""
    (newest,) = await page(connection, mission, None, 1)
    if newest.revision == FIRST_PARAMETERS:
        await connection.execute(insert(connection, PARAMETERS).values(_row(newest)).on_conflict_do_nothing())
    return newest


async def current(connection: AsyncConnection, mission: Mission) -> ParametersRevision:
    """The revision in use."""
    query = _of(mission.name).where(PARAMETERS.c.revision == mission.parameters_revision)
    row = (await connection.execute(query)).one_or_none()
    return first_of(mission) if row is None else _revision(row)


async def has_decision(connection: AsyncConnection, mission: str) -> bool:
    """Whether a person has activated or discarded parameters of the mission."""
    query = _of(mission).where(PARAMETERS.c.decided_by.is_not(None)).limit(1)
    return (await connection.execute(query)).first() is not None


async def was_discarded(connection: AsyncConnection, mission: Mission, wanted: Parameters) -> bool:
    """Whether the newest revision has these values, and was discarded."""
    (newest,) = await page(connection, mission, None, 1)
    return newest.state is ParametersState.DISCARDED and newest.parameters == wanted


async def add(connection: AsyncConnection, revision: ParametersRevision) -> None:
    """Insert a revision."""
    await connection.execute(insert(connection, PARAMETERS).values(_row(revision)))


async def write(connection: AsyncConnection, revision: ParametersRevision) -> None:
    """Update the row of a revision, which was read under the lock on the mission."""
    values = _row(revision)
    its_row = (PARAMETERS.c.mission == revision.mission, PARAMETERS.c.parameters_id == revision.parameters_id)
    await connection.execute(update(PARAMETERS).where(*its_row).values(values))


def _of(mission: str) -> Select[Any]:
    return select(PARAMETERS).where(PARAMETERS.c.mission == mission)


def _row(revision: ParametersRevision) -> dict[str, Any]:
    stored = {
        "parameters": states.PARAMETERS.write(revision.parameters),
        "summary": None if revision.summary is None else states.SUMMARY.write(revision.summary),
        "state": revision.state.value,
    }
    return asdict(revision) | stored


def _revision(row: Row[Any]) -> ParametersRevision:
    read = {
        "parameters": states.PARAMETERS.read(row.parameters),
        "summary": None if row.summary is None else states.SUMMARY.read(row.summary),
        "state": ParametersState(row.state),
    }
    return ParametersRevision(**{**row._mapping, **read})
