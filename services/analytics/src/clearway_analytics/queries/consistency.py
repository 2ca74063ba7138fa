"""A check: whether stored sums and extremes are those of the contributions."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.ledger.contributions import Contribution, contribution_of, sums_of
from clearway_analytics.ledger.route_sums import Extremes, has_current_extremes
from clearway_analytics.risk.decay import DecayedSums
from clearway_analytics.storage.tables import CONTRIBUTIONS, ROUTE_SUMS


@dataclass(frozen=True, slots=True)
class Difference:
    """A route whose stored sums or extremes are not those of its contributions."""

    route_id: UUID
    stored: DecayedSums
    computed: DecayedSums
    stored_extremes: Extremes
    computed_extremes: Extremes


async def differences(connection: AsyncConnection, mission: str, tolerance: float = 1e-9) -> list[Difference]:
    """The routes whose sums differ by more than the relative `tolerance`, or whose extremes differ at all."""
    made = await _made(connection, mission)
    query = select(ROUTE_SUMS).where(ROUTE_SUMS.c.mission == mission).order_by(ROUTE_SUMS.c.route_id)
    found = [_difference(row, made[row.route_id]) for row in await connection.execute(query)]
    return [difference for difference in found if not _agree(difference, tolerance)]


def _difference(row: Row[Any], made: list[Contribution]) -> Difference:
    """What is stored beside an outdated total is not read by anyone, and is taken as computed."""
    sums, extremes = sums_of(made), Extremes.of(made)
    is_current = has_current_extremes(row)
    return Difference(
        row.route_id,
        DecayedSums(row.total, row.squares, row.incidents, row.nearby if is_current else sums.nearby),
        sums,
        Extremes(row.largest, row.newest) if is_current else extremes,
        extremes,
    )


async def _made(connection: AsyncConnection, mission: str) -> defaultdict[UUID, list[Contribution]]:
    made: defaultdict[UUID, list[Contribution]] = defaultdict(list)
    for row in await connection.execute(select(CONTRIBUTIONS).where(CONTRIBUTIONS.c.mission == mission)):
        made[row.route_id].append(contribution_of(row))
    return made


def _agree(difference: Difference, tolerance: float) -> bool:
    stored, computed = difference.stored, difference.computed
    return (
        stored.count == computed.count
        and abs(stored.total - computed.total) <= tolerance * max(1.0, computed.total)
        and abs(stored.squares - computed.squares) <= tolerance * max(1.0, computed.squares)
        and abs(stored.nearby - computed.nearby) <= tolerance * max(1.0, computed.nearby)
        and difference.stored_extremes == difference.computed_extremes
    )
