"""Keep the lines of the mission's routes, for the subscriptions that follow one."""

from uuid import UUID

from sqlalchemy import select, update

from clearway_alerts.domain.areas import Ring
from clearway_alerts.storage.mission_version import next_version
from clearway_alerts.storage.tables import ROUTE_VIEW, SUBSCRIPTION
from clearway_platform.database.engines import Transaction, insert


async def keep_route(transaction: Transaction, mission: str, route_id: UUID, revision: int, line: Ring) -> bool:
    """Store the route at this revision unless a newer one is known: then False. A retired route keeps its last line:
    the subscriptions that follow it go on being warned. They are looked at anew, as if they were changed."""
    follows = (SUBSCRIPTION.c.mission == mission) & (SUBSCRIPTION.c.route_id == route_id)
    # Locked before the mission's row, in the order in which a change of a subscription locks them.
    following = select(SUBSCRIPTION.c.id).where(follows).order_by(SUBSCRIPTION.c.id).with_for_update()
    await transaction.connection.execute(following)
    version = await next_version(transaction, mission)
    values = {"revision": revision, "line": line, "changed_in": version}
    kept = insert(transaction.connection, ROUTE_VIEW).values(mission=mission, route_id=route_id, **values)
    newer = kept.on_conflict_do_update(
        index_elements=["mission", "route_id"], set_=values, where=ROUTE_VIEW.c.revision < revision
    )
    stored = await transaction.connection.execute(newer.returning(ROUTE_VIEW.c.revision))
    if stored.first() is None:
        return False
    await transaction.connection.execute(update(SUBSCRIPTION).where(follows).values(changed_in=version))
    return True
