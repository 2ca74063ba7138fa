"""Chooses the parameters of missions in which nobody has: the preset for their rate of incidents.

It proposes, and activates what was compared, as a person does. Once a person has activated or discarded parameters of a
mission, they stay until a person changes them; only the formulas of a newer program are applied to them, once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.change_parameters import ChangeParameters
from clearway_analytics.domain.errors import AlreadyDecided, ComparisonOutdated
from clearway_analytics.domain.revision import ParametersState
from clearway_analytics.ledger import incidents, missions, parameters
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.risk.parameters import FORMULAS, TRAILING_DAYS, Parameters, by_rate
from clearway_platform.database.engines import Database, is_transient
from clearway_platform.messaging.retry import Outage
from clearway_platform.refusals import StaleRevision

POLL_SECONDS: Final = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChooseParameters:
    """Several processes may run it: a proposal is open once, and decided once."""

    database: Database
    change: ChangeParameters
    poll_seconds: float = POLL_SECONDS

    async def run(self) -> None:
        """A worker."""
        outage = Outage("choose_parameters")
        while True:
            try:
                await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                outage.note(error)
            else:
                outage.end()
            await asyncio.sleep(self.poll_seconds)

    async def once(self) -> None:
        """Take the next step of each mission."""
        async with self.database.of_every_mission("each mission has its next step").read() as connection:
            names = await missions.names(connection)
            proposals = {proposal.mission: proposal for proposal in await parameters.open_proposals(connection)}
        for name in names:
            if name not in proposals:
                await self._follow(name)
            elif proposals[name].proposed_by is None and proposals[name].state is ParametersState.COMPARED:
                await self._complete(proposals[name])

    async def _follow(self, name: str) -> None:
        async with self.database.of(name).read() as connection:
            mission = await missions.read(connection, name)
            found = await self._wanted(connection, mission)
        if found is not None and found[0] != mission.parameters:
            async with self.database.of(name).write() as transaction:
                await self.change.follow(transaction, name, *found)

    async def _wanted(self, connection: AsyncConnection, mission: Mission) -> tuple[Parameters, str] | None:
        """The parameters that the mission should have, and why; None when a person has decided on these."""
        if await parameters.has_decision(connection, mission.name):
            newer = replace(mission.parameters, formulas=FORMULAS)
            refused = await parameters.was_discarded(connection, mission, newer)
            return None if refused else (newer, "The same values, with the formulas of a newer version.")
        now = self.change.announcer.clock.now()
        counted = incidents.counted(mission, now - timedelta(days=TRAILING_DAYS), now)
        rate = (await connection.execute(counted)).scalar_one() / TRAILING_DAYS
        wanted = by_rate(rate, mission.parameters)
        return wanted, f"{rate:.2g} incidents a day in the last {TRAILING_DAYS:g} days: the preset `{wanted.name}`."

    async def _complete(self, proposed: ParametersRevision) -> None:
        try:
            async with self.database.of(proposed.mission).write() as transaction:
                await self.change.complete(transaction, proposed)
        except (StaleRevision, AlreadyDecided, ComparisonOutdated) as refusal:
            # A person was quicker, or much changed since: the next round sees what is left to do.
            log.info("choice_not_activated", mission=proposed.mission, reason=type(refusal).__name__)
