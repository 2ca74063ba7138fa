"""Applies new or changed incidents: the routes near them are rated again.

Several at once are applied as one change of the mission: what they need is read once, each route near any of them is
rated once, and all is written once. A statement costs more than what is computed between two of them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.announce import Announcer, Cause
from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.ledger import contributions, incidents, missions, route_sums
from clearway_analytics.ledger.contributions import Contribution
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.route_sums import Extremes, RouteSums
from clearway_analytics.ledger.routes import MissionRoutes, RouteIndex
from clearway_analytics.risk.parameters import Parameters
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import HeavyWork

FIRST_REVISION: Final = 1
# So many edges are measured in a few milliseconds; more are measured in a thread, off the event loop.
_EDGES_ON_THE_LOOP: Final = 4_000
# So many pairs of an incident and a route are rated and written in a few milliseconds.
PAIRS_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """A revision of an incident, the event that brought it, and what surrounds the work on it alone."""

    incident: IncidentView
    event_id: UUID
    in_its_trace: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a revision changes on one route: the contribution of the incident's earlier revision, and that of this
    one."""

    by: Arrived
    before: Contribution | None
    after: Contribution | None


# By route, in the order of arrival.
Exchanges = Mapping[UUID, Sequence[Exchange]]


@dataclass(frozen=True, slots=True)
class ApplyIncidents:
    """Replaces the contributions of the incidents' earlier revisions by those of these.

    The sums are read, changed here and written back: under the mission's lock no other transaction changes them.
    """

    index: RouteIndex
    announcer: Announcer
    heavy: HeavyWork

    async def __call__(self, transaction: Transaction, arrived: Sequence[Arrived]) -> None:
        """Apply revisions of one mission's incidents. A repeated or older one changes nothing.

        Of several revisions of an incident the last one counts: no risk in between would ever be seen.
        """
        connection = transaction.connection
        mission = await missions.lock(connection, arrived[0].incident.mission)
        last = _last_of_each(arrived)
        recorded = await incidents.record(connection, [one.incident for one in last])
        applied = [one for one in last if one.incident.incident_id in recorded]
        if not applied:
            return
        routes = await self.index.routes(connection, mission)
        for part in _parts(applied, routes, mission.parameters):
            await self._apply(transaction, mission, routes, part)

    async def _apply(
        self, transaction: Transaction, mission: Mission, routes: MissionRoutes, applied: Sequence[Arrived]
    ) -> None:
        connection, views = transaction.connection, [one.incident for one in applied]
        old = await _removed(connection, mission.name, views)
        new = await self._contributions(views, routes, mission.parameters)
        await contributions.add(connection, new)
        if exchanges := _exchanges(applied, old, new):
            rated = await _rated(connection, mission.name, exchanges)
            causes = {route_id: _cause(exchanges[route_id][-1].by) for route_id in rated}
            published = await self.announcer.announce(transaction, mission, list(rated.values()), causes)
            await route_sums.write(connection, list((rated | published).values()))

    async def _contributions(
        self, views: Sequence[IncidentView], routes: MissionRoutes, parameters: Parameters
    ) -> list[Contribution]:
        near = contributions.near(views, routes, parameters)
        if routes.network.edges(near.routes) <= _EDGES_ON_THE_LOOP:
            return contributions.of_incidents(views, routes, near, parameters)
        return await self.heavy.run(contributions.of_incidents, views, routes, near, parameters)


def _parts(applied: Sequence[Arrived], routes: MissionRoutes, parameters: Parameters) -> Iterator[Sequence[Arrived]]:
    """The revisions in parts, each with no more pairs of an incident and a route than are rated at once, or of one
    revision."""
    if len(applied) == 1:
        yield applied
        return
    near = contributions.near([one.incident for one in applied], routes, parameters)
    pairs = np.bincount(near.incidents, minlength=len(applied)).tolist()
    first, left = 0, PAIRS_AT_ONCE
    for place, count in enumerate(pairs):
        if count > left and place > first:
            yield applied[first:place]
            first, left = place, PAIRS_AT_ONCE
        left -= count
    yield applied[first:]


def _last_of_each(arrived: Sequence[Arrived]) -> list[Arrived]:
    """The last revision of each incident, in the order of arrival."""
    last: dict[UUID, Arrived] = {}
    for one in arrived:
        known = last.get(one.incident.incident_id)
        if known is None or known.incident.revision < one.incident.revision:
            last.pop(one.incident.incident_id, None)
            last[one.incident.incident_id] = one
    return list(last.values())


def _cause(arrived: Arrived) -> Cause:
    return Cause(arrived.incident.incident_id, arrived.event_id, arrived.in_its_trace)


async def _removed(
    connection: AsyncConnection, mission: str, applied: Collection[IncidentView]
) -> Sequence[Contribution]:
    """The contributions of the incidents' earlier revisions, deleted. A first revision needs no query: it has none."""
    changed = [incident.incident_id for incident in applied if incident.revision != FIRST_REVISION]
    return await contributions.remove_incidents(connection, mission, changed) if changed else ()


def _exchanges(applied: Sequence[Arrived], old: Sequence[Contribution], new: Sequence[Contribution]) -> Exchanges:
    before, after = ({(made.route_id, made.incident_id): made for made in contributed} for contributed in (old, new))
    by = {one.incident.incident_id: (place, one) for place, one in enumerate(applied)}
    found: dict[UUID, list[Exchange]] = {}
    for key in sorted(before.keys() | after.keys(), key=lambda key: (key[0], by[key[1]][0])):
        found.setdefault(key[0], []).append(Exchange(by[key[1]][1], before.get(key), after.get(key)))
    return found


async def _rated(connection: AsyncConnection, mission: str, exchanges: Exchanges) -> dict[UUID, RouteSums]:
    """The routes' sums after the exchanges. Their contributions are exchanged already."""
    rated = await route_sums.find(connection, mission, exchanges.keys())
    lower = []
    for route_id, route in rated.items():
        may_fall = False
        for exchange in exchanges[route_id]:
            may_fall = may_fall or _may_fall(route.extremes, exchange)
            route = route.exchanged(exchange.before, exchange.after)
        rated[route_id] = route
        if may_fall:
            lower.append(route_id)
    if lower:
        found = await route_sums.extremes(connection, mission, lower)
        rated |= {route_id: replace(rated[route_id], extremes=found.get(route_id, Extremes())) for route_id in lower}
    return rated


def _may_fall(extremes: Extremes, exchange: Exchange) -> bool:
    return exchange.before is not None and extremes.may_fall(exchange.before, exchange.after)
