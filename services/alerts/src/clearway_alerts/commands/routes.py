"""Keep the lines of the mission's routes, for the subscriptions that follow one."""

from uuid import UUID

from clearway_alerts.domain.areas import Ring
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import ROUTE_VIEW
from clearway_platform.database.engines import Transaction, insert


async def keep_route(transaction: Transaction, mission: str, route_id: UUID, revision: int, line: Ring) -> None:
    """Store the route at this revision unless a newer one is known. A retired route keeps its last line:
    the subscriptions that follow it go on being warned."""
    values = {"revision": revision, "line": line, "changed_in": await next_version(transaction, mission)}
    kept = insert(transaction.connection, ROUTE_VIEW).values(mission=mission, route_id=route_id, **values)
    await transaction.connection.execute(
        kept.on_conflict_do_update(
            index_elements=["mission", "route_id"], set_=values, where=ROUTE_VIEW.c.revision < revision
        )
    )
