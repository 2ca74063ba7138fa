"""Do the sums say what the contributions say?"""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.risk.decay import DecayedSums
from clearway_analytics.tables import CONTRIBUTIONS, STATES


@dataclass(frozen=True, slots=True)
class Difference:
    """A route whose kept sums are not those of its contributions."""

    route_id: UUID
    kept: DecayedSums
    summed: DecayedSums


async def differences(connection: AsyncConnection, mission: str, tolerance: float = 1e-9) -> list[Difference]:
    """Where sums and contributions differ by more than a share `tolerance` of either; empty when all is well."""
    summed = await _summed(connection, mission)
    query = select(STATES).where(STATES.c.mission == mission).order_by(STATES.c.route_id)
    found = [
        Difference(row.route_id, DecayedSums(row.total, row.squares, row.incidents), summed[row.route_id])
        for row in await connection.execute(query)
    ]
    return [one for one in found if not _agree(one, tolerance)]


async def _summed(connection: AsyncConnection, mission: str) -> defaultdict[UUID, DecayedSums]:
    kept: defaultdict[UUID, list[float]] = defaultdict(list)
    query = select(CONTRIBUTIONS.c.route_id, CONTRIBUTIONS.c.kept).where(CONTRIBUTIONS.c.mission == mission)
    for route_id, weight in await connection.execute(query):
        kept[route_id].append(weight)
    return defaultdict(DecayedSums, {route_id: DecayedSums.of(weights) for route_id, weights in kept.items()})


def _agree(one: Difference, tolerance: float) -> bool:
    kept, summed = one.kept, one.summed
    return (
        kept.count == summed.count
        and abs(kept.total - summed.total) <= tolerance * max(1.0, summed.total)
        and abs(kept.squares - summed.squares) <= tolerance * max(1.0, summed.squares)
    )
