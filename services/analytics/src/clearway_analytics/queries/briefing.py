"""What a patrol leader must know of a route before departure, as it was at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.check import Check, CheckKind
from clearway_analytics.domain.coverage import Verified, coverage
from clearway_analytics.domain.errors import NoSuchRoute
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import checks, missions, risk_records, routes
from clearway_analytics.ledger.areas import TouchedArea
from clearway_analytics.ledger.hazards import touches
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.ledger.risk_records import RiskRecord
from clearway_analytics.queries import risk
from clearway_analytics.queries.beside import OnRoute, beside, standing_or_changed
from clearway_analytics.risk.assessment import Assessment
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.principals import Principal
from clearway_platform.heavy import HeavyWork

# Where no pass is on record, so much of the past is told.
WITHOUT_A_PASS: Final = timedelta(days=30)
_FIRST_MOMENT: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Departure:
    """A route at one moment, for readers up to `ceiling`: the incidents are told as these may see them.

    hazards: those that stand on it. changed_later: incidents on it whose record changed after the moment, so that what
    was known of them then is not known here. news: what happened or changed beside it since `since`, which is the last
    pass, or 30 days before where none is on record. checks: what was recorded as done for it since. areas: those that
    touch it. risk: computed for the moment from what is known now. records: the risks as they were published until
    then, the last one first.
    """

    mission: Mission
    ceiling: Ceiling
    route: Route
    as_of: datetime
    hazards: Sequence[OnRoute]
    changed_later: Sequence[OnRoute]
    last_pass: Check | None
    since: datetime
    news: Sequence[OnRoute]
    checks: Sequence[Check]
    areas: Sequence[TouchedArea]
    verified: Sequence[Verified]
    risk: Assessment
    records: Sequence[RiskRecord]


async def departure(
    connection: AsyncConnection, reader: Principal, route_id: UUID, as_of: datetime, heavy: HeavyWork
) -> Departure:
    """Raises NoSuchRoute when the mission has no such live route."""
    mission_name, ceiling = reader.mission, reader.ceiling
    mission = await missions.read(connection, mission_name)
    route = await routes.find(connection, mission_name, route_id)
    if route is None:
        raise NoSuchRoute(route_id)
    explained = await risk.explained(connection, mission, route, as_of, mission.parameters.horizon_days, heavy, ceiling)
    if explained is None:
        raise NoSuchRoute(route_id)
    done = await checks.of_line(connection, route, until=as_of)
    last_pass = next((check for check in done if check.kind is CheckKind.PASS), None)
    # Nothing is earlier than the first moment that there is.
    since = last_pass.at if last_pass else as_of - min(WITHOUT_A_PASS, as_of - _FIRST_MOMENT)
    incidents = await standing_or_changed(connection, mission_name, since)
    found = await heavy.run(beside, route, incidents)
    known = [one for one in found if one.incident.occurred <= as_of]
    on_it = [one for one in known if touches(one.distance_m, route.half_width_m, one.incident.uncertainty_m)]
    return Departure(
        mission=mission,
        ceiling=ceiling,
        route=route,
        as_of=as_of,
        hazards=[one for one in on_it if one.incident.stands],
        changed_later=[one for one in on_it if _changed_after(one, as_of)],
        last_pass=last_pass,
        since=since,
        news=[one for one in known if _changed_after(one, since) and not _changed_after(one, as_of)],
        checks=[check for check in done if check.recorded_at > since and check is not last_pass],
        areas=explained.areas,
        verified=coverage(done, route.length_m),
        risk=explained.risk,
        records=await risk_records.until(connection, mission_name, route_id, as_of),
    )


def _changed_after(one: OnRoute, moment: datetime) -> bool:
    changed = one.incident.updated_at or one.incident.occurred
    return changed > moment
