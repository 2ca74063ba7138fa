"""Proposes risk parameters, and brings them into use or discards them when a person decides so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.announce import Announcer
from clearway_analytics.commands.rebuild_risk import ShadowBuilder
from clearway_analytics.domain.errors import (
    AlreadyDecided,
    AlreadyInUse,
    ComparisonOutdated,
    NoSuchParameters,
    NotCompared,
    ProposalOpen,
)
from clearway_analytics.domain.revision import OPEN, ParametersState
from clearway_analytics.ledger import missions, parameters, route_sums, shadow
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.ledger.route_sums import RouteSums
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.risk.parameters import CREDIBILITY_WEIGHTS, FORMULAS, PRESETS, Parameters, Preset
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.refusals import StaleRevision

ROUTES_AT_ONCE: Final = 50
CUSTOM: Final = "custom"
GAVE_WAY: Final = "A person proposed others."


@dataclass(frozen=True, slots=True)
class ParametersDraft:
    """Requested parameters: a preset, or those in use, with the values that differ."""

    reason: str
    preset: Preset | None = None
    name: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    bands: Mapping[str, float] = field(default_factory=dict)
    status_weights: Mapping[str, float] = field(default_factory=dict)
    credibility_weights: Mapping[str, float] = field(default_factory=dict)

    def of(self, in_use: Parameters) -> Parameters:
        """The complete parameters. Raises InvalidParameters."""
        base = replace(in_use if self.preset is None else PRESETS[self.preset], formulas=FORMULAS)
        changed = replace(
            base,
            **self.changes,
            bands=replace(base.bands, **self.bands),
            status_weights={**base.status_weights, **self.status_weights},
            credibility_weights=self._credibility_weights(base),
        )
        complete = replace(changed, name=self.name or (base.name if changed == base else CUSTOM))
        complete.check()
        return complete

    def _credibility_weights(self, base: Parameters) -> Mapping[str, float]:
        if not self.credibility_weights:
            return base.credibility_weights
        return {**CREDIBILITY_WEIGHTS, **base.credibility_weights, **self.credibility_weights}


@dataclass(frozen=True, slots=True)
class ChangeParameters:
    """Proposes, activates and discards a mission's risk parameters."""

    announcer: Announcer
    builder: ShadowBuilder

    async def propose(
        self, transaction: Transaction, principal: Principal, draft: ParametersDraft
    ) -> ParametersRevision:
        """Add a revision. A worker then computes its risks, while those in use stay.

        A proposal that follows the rate of incidents gives way. Raises InvalidParameters, AlreadyInUse, ProposalOpen.
        """
        connection = transaction.connection
        mission = await missions.lock(connection, principal.mission)
        wanted = draft.of(mission.parameters)
        if replace(wanted, name=mission.parameters.name) == mission.parameters:
            raise AlreadyInUse
        for proposal in await parameters.open_proposals(connection, mission.name):
            if proposal.proposed_by is not None:
                raise ProposalOpen
            await self._decide(connection, principal.id, proposal, ParametersState.DISCARDED, GAVE_WAY)
        return await self._add(connection, mission, wanted, draft.reason, principal.id)

    async def follow(self, transaction: Transaction, name: str, wanted: Parameters, reason: str) -> bool:
        """Propose parameters that nobody asked for. Returns False when another proposal is open, or they are in use."""
        connection = transaction.connection
        mission = await missions.lock(connection, name)
        if mission.parameters == wanted or await parameters.open_proposals(connection, name):
            return False
        await self._add(connection, mission, wanted, reason, None)
        return True

    async def _add(
        self, connection: AsyncConnection, mission: Mission, wanted: Parameters, reason: str, by: str | None
    ) -> ParametersRevision:
        newest = await parameters.last(connection, mission)
        proposed = ParametersRevision(
            mission=mission.name,
            parameters_id=new_id(),
            revision=newest.revision + 1,
            version=1,
            state=ParametersState.REBUILDING,
            parameters=wanted,
            reason=reason,
            proposed_by=by,
            proposed_at=self.announcer.clock.now(),
        )
        await parameters.add(connection, proposed)
        return proposed

    async def activate(
        self, transaction: Transaction, principal: Principal, parameters_id: UUID, expected: int
    ) -> ParametersRevision:
        """Replace the sums of all routes by those computed with the proposed parameters, and publish changed risks.

        Raises NoSuchParameters, AlreadyDecided, StaleRevision, NotCompared, ComparisonOutdated.
        """
        mission = await missions.lock(transaction.connection, principal.mission)
        return await self._activate(transaction, mission, parameters_id, expected, principal.id)

    async def complete(self, transaction: Transaction, proposed: ParametersRevision) -> ParametersRevision:
        """Activate a compared proposal that nobody asked for.

        Raises StaleRevision, AlreadyDecided when a person decided meanwhile; ComparisonOutdated.
        """
        mission = await missions.lock(transaction.connection, proposed.mission)
        return await self._activate(transaction, mission, proposed.parameters_id, proposed.version, None)

    async def _activate(
        self, transaction: Transaction, mission: Mission, parameters_id: UUID, expected: int, by: str | None
    ) -> ParametersRevision:
        connection = transaction.connection
        proposed = await _open(connection, mission, parameters_id, expected)
        if proposed.state is not ParametersState.COMPARED:
            raise NotCompared
        await self._update_shadow(connection, mission, proposed)
        changed = replace(mission, parameters=proposed.parameters, parameters_revision=proposed.revision)
        await self._exchange(transaction, changed, proposed)
        replaced = await parameters.current(connection, mission)
        await parameters.write(
            connection, replace(replaced, state=ParametersState.SUPERSEDED, version=replaced.version + 1)
        )
        await missions.use(connection, changed)
        return await self._decide(connection, by, proposed, ParametersState.CURRENT)

    async def discard(
        self, transaction: Transaction, principal: Principal, parameters_id: UUID, expected: int, reason: str
    ) -> ParametersRevision:
        """Discard a proposal; the parameters in use stay, and the reason stays on record.

        Raises NoSuchParameters, AlreadyDecided, StaleRevision.
        """
        connection = transaction.connection
        mission = await missions.lock(connection, principal.mission)
        proposed = await _open(connection, mission, parameters_id, expected)
        return await self._decide(connection, principal.id, proposed, ParametersState.DISCARDED, reason)

    async def _decide(
        self,
        connection: AsyncConnection,
        by: str | None,
        proposed: ParametersRevision,
        state: ParametersState,
        reason: str | None = None,
    ) -> ParametersRevision:
        decided = proposed.changed(state, by, self.announcer.clock.now(), reason)
        await parameters.write(connection, decided)
        return decided

    async def _update_shadow(self, connection: AsyncConnection, mission: Mission, proposed: ParametersRevision) -> None:
        """Add the few changes since the worker's last update. Raises ComparisonOutdated when there are too many."""
        index = RouteIndex(self.builder.heavy)
        if not await self.builder.update(connection, mission, proposed, index):
            raise ComparisonOutdated

    async def _exchange(self, transaction: Transaction, mission: Mission, proposed: ParametersRevision) -> None:
        """`mission` already has the proposed parameters."""
        after: UUID | None = None
        while known := await route_sums.page(transaction.connection, mission.name, after, ROUTES_AT_ONCE):
            after = known[-1].route_id
            rated = await _exchanged(transaction.connection, proposed, known)
            published = await self.announcer.announce(transaction, mission, list(rated.values()))
            await route_sums.write(transaction.connection, list((rated | published).values()))
            # Other work of the event loop runs between two parts; the transaction stays open.
            await asyncio.sleep(0)


async def _exchanged(
    connection: AsyncConnection, proposed: ParametersRevision, known: list[RouteSums]
) -> dict[UUID, RouteSums]:
    ids = [route.route_id for route in known]
    made = await shadow.find(connection, proposed, ids)
    await shadow.exchange(connection, proposed, ids)
    return {route.route_id: shadow.applied(route, made[route.route_id]) for route in known}


async def _open(
    connection: AsyncConnection, mission: Mission, parameters_id: UUID, expected: int
) -> ParametersRevision:
    found = await parameters.find(connection, mission, parameters_id)
    if found is None:
        raise NoSuchParameters(parameters_id)
    if found.version != expected:
        raise StaleRevision(found.version)
    if found.state not in OPEN:
        raise AlreadyDecided
    return found
