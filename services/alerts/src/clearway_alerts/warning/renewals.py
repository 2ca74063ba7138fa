"""No alert of a hazard that still stands expires in silence: it is renewed before, once, by one of the processes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, exists, select, update

from clearway_alerts.domain.alert import Decision, DecisionKind
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.news import stands
from clearway_alerts.domain.renewal import RENEWED_BEFORE, Validity
from clearway_alerts.domain.standing import STILL_THERE
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.storage import mission_lock
from clearway_alerts.storage.standing_hazards import newest_of
from clearway_alerts.storage.tables import ALERT, MISSION, SUBSCRIPTION, is_undecided
from clearway_alerts.storage.unreadable import UnreadableRows
from clearway_alerts.warning.alert_history import told_of, version_of
from clearway_alerts.warning.issuing import Decided, Issuing
from clearway_alerts.warning.watchlist import Watched, Watchlist, reaching
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.heavy import HeavyWork, in_parts
from clearway_platform.messaging.retry import retry_until_done

_POLL_SECONDS: Final = 10.0
# So many alerts are decided on in one transaction. Warnings of the mission wait for it.
DECIDED_AT_ONCE: Final = 100

_IS_DUE: Final = (ALERT.c.mission == MISSION.c.mission, is_undecided(), ALERT.c.expires_at <= bindparam("due"))
_MISSION: Final = select(MISSION.c.mission).where(exists().where(*_IS_DUE)).limit(1)
_LATER: Final = ALERT.alias("later")
_IS_LAST: Final = ~exists().where(
    _LATER.c.subscription_id == ALERT.c.subscription_id,
    _LATER.c.incident_id == ALERT.c.incident_id,
    _LATER.c.sequence > ALERT.c.sequence,
)
_DUE: Final = (
    select(ALERT.c.id, ALERT.c.subscription_id, ALERT.c.incident_id, ALERT.c.kind, ALERT.c.matched)
    .add_columns(_IS_LAST.label("is_last"), SUBSCRIPTION.c.state, SUBSCRIPTION.c.deleted_at)
    .join_from(ALERT, SUBSCRIPTION, SUBSCRIPTION.c.id == ALERT.c.subscription_id)
    .where(ALERT.c.mission == bindparam("in_mission"), is_undecided(), ALERT.c.expires_at <= bindparam("due"))
    .order_by(ALERT.c.expires_at)
    .limit(DECIDED_AT_ONCE)
)
_DECIDED: Final = update(ALERT).values(renewal_decided=True)


class Renewals:
    """A worker of a process. `watchlist` and `heavy` may be those of the pipeline."""

    def __init__(
        self,
        database: Database,
        watchlist: Watchlist,
        issuing: Issuing,
        clock: Clock,
        *,
        validity: Validity,
        heavy: HeavyWork,
    ) -> None:
        self._database = database
        self._watchlist = watchlist
        self._issuing = issuing
        self._clock = clock
        self._validity = validity
        self._heavy = heavy
        self._unreadable = UnreadableRows()

    async def run(self) -> None:
        """A worker: renew what is due, until cancelled."""
        while True:
            while await retry_until_done(self.renew_some):
                pass
            await asyncio.sleep(_POLL_SECONDS)

    async def renew_some(self) -> bool:
        """Decide on the alerts of one mission that expire first. False when none of any mission is due."""
        due = self._clock.now() + RENEWED_BEFORE
        async with self._database.of_every_mission("what expires first may be any mission's").read() as connection:
            mission: str | None = (await connection.execute(_MISSION, {"due": due})).scalar()
        if mission is None:
            return False
        async with self._database.of(mission).write() as transaction:
            await mission_lock.alone(transaction, mission)
            asked = {"in_mission": mission, "due": due}
            rows = (await transaction.connection.execute(_DUE, asked)).mappings().all()
            if rows:
                decided = _DECIDED.where(ALERT.c.id.in_([row["id"] for row in rows]))
                await transaction.connection.execute(decided)
                await self._renew(transaction, mission, [row for row in rows if _may_be_renewed(row)])
        return True

    async def _renew(self, transaction: Transaction, mission: str, rows: Sequence[RowMapping]) -> None:
        """Those whose hazard still stands inside the filter. An incident's alerts are issued together."""
        told: dict[UUID, list[UUID]] = defaultdict(list)
        for row in rows:
            told[row["incident_id"]].append(row["subscription_id"])
        if not told:
            return
        watched = await self._watchlist.of(transaction.connection, mission, await version_of(transaction, mission))
        views = await newest_of(transaction.connection, mission, list(told), self._unreadable)
        now, writing = self._clock.now(), self._issuing.writing(transaction)
        writing.look_ahead(list(views))
        standing = [incident for incident in views.values() if stands(incident)]
        reached = await reaching(watched, standing, self._heavy)
        async for incident, watches in in_parts(zip(standing, reached, strict=True)):
            inside = set(told[incident.incident_id]) & set(watched.index.matching(incident, watches))
            if inside:
                decided = await self._decided(transaction, incident, sorted(inside), watched, now)
                await self._issuing.issue(writing, incident, decided, watched.recipients, now)
        await writing.write()

    async def _decided(
        self,
        transaction: Transaction,
        incident: IncidentView,
        subscriptions: Sequence[UUID],
        watched: Watched,
        now: datetime,
    ) -> list[Decided]:
        mission, incident_id = incident.mission, incident.incident_id
        told = await told_of(transaction.connection, mission, subscriptions, [incident_id], now)
        decision = Decision(DecisionKind.RENEWED, STILL_THERE)
        return [
            Decided(one, decision, True, told[one, incident_id], self._validity.of(watched.watches[one]))
            for one in subscriptions
        ]


def _may_be_renewed(row: RowMapping | Mapping[str, Any]) -> bool:
    """An inactive subscription is told of what still stands when it is resumed."""
    is_listening = row["deleted_at"] is None and row["state"] == SubscriptionState.ACTIVE
    return bool(row["is_last"] and row["matched"] and row["kind"] != AlertKind.CANCELLED and is_listening)
