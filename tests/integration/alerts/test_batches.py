"""A batch of revisions gives what the same revisions give one by one, to the last row, whatever happened before."""

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, select, update

from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.outbound.leases import Lease
from clearway_alerts.outbound.queue import Queue
from clearway_alerts.storage.tables import ALERT, DECISION, DELIVERY, INCIDENT_VIEW, SUBSCRIPTION
from clearway_alerts.warning.issuing import Issuing
from clearway_contracts.alerts import AlertChange
from clearway_contracts.codec import decode
from clearway_contracts.vocabulary import HazardState, Status
from clearway_platform.auth.principals import Principal
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.messaging.outbox import Outbox
from clearway_testing.manual_clock import ManualClock

from .conftest import CIRCLE, OWNER, Service, new_pipeline, revisions

NewIncident = Callable[..., IncidentView]
OUTBOX: Final = table_of(OutboxRow)
URL: Final = "http://127.0.0.1:9/hook"
APART, TOGETHER = "apart", "together"
AREAS: Final = (CIRCLE, {"type": "everything"}, CIRCLE | {"radius_m": 40_000})
FILTERS: Final[Sequence[dict[str, Any]]] = ({}, {"min_severity": "severe"}, {"exercises": "include"})
STATUSES: Final = (*Status, Status.VERIFIED, Status.REPORTED, Status.REPORTED)
ROUNDS, REVISIONS = 4, 20


@dataclass
class Leasing:
    """In place of the worker: it always has room, so that only the order of messages keeps one from leaving."""

    clock: ManualClock
    handed_over: list[Lease] = field(default_factory=list)

    def wake(self) -> None:
        pass

    def lease_until(self, _: UUID) -> datetime:
        return self.clock.now() + timedelta(seconds=20)

    def of_lease(self, epoch: int) -> dict[str, Any]:
        return {"lease_holder": 1, "lease_holder_epoch": epoch}

    def hand_over(self, leases: Iterable[Lease]) -> None:
        self.handed_over += leases

    def expect(self, _: Iterable[UUID]) -> None:
        pass


class TwoMissions:
    """The same subscriptions and incidents in two missions, and the number of each subscription."""

    def __init__(self, alerts: Service, chance: random.Random) -> None:
        self.alerts = alerts
        self.chance = chance
        self.worker = Leasing(alerts.clock)
        queue = Queue(alerts.policy, alerts.channels, self.worker, alerts.clock)
        self.pipeline = new_pipeline(Issuing(Outbox(alerts.clock), queue), alerts.clock)
        self.owners = {mission: replace(OWNER, mission=mission) for mission in (APART, TOGETHER)}
        self.numbers: dict[UUID, int] = {}
        self.incidents = [uuid4() for _ in range(8)]
        self.newest = dict.fromkeys(self.incidents, 0)
        self.told: list[IncidentView] = []

    def ids(self, owner: Principal) -> list[UUID]:
        """A mission's subscriptions by their number."""
        return list(self.numbers)[list(self.owners.values()).index(owner) :: 2]

    async def warn(self, mission: str, *incidents: IncidentView) -> None:
        """In one transaction."""
        async with self.alerts.database.of(mission).write() as transaction:
            await self.pipeline.warn(transaction, revisions(*(replace(one, mission=mission) for one in incidents)))

    def handed_over(self, mission: str) -> list[tuple[object, ...]]:
        return [
            (self.numbers[lease.message.subscription_id], lease.message.incident_id, lease.message.alert_kind)
            for lease in self.worker.handed_over
            if lease.mission == mission
        ]

    async def subscribe(self) -> None:
        area, more = self.chance.choice(AREAS), self.chance.choice(FILTERS)
        number = len(self.numbers) // 2
        url = URL if number % 4 else None
        for owner in self.owners.values():
            row = await self.alerts.subscribe(url, area, owner, **more)
            self.numbers[row["id"]] = number

    async def change(self) -> None:
        """Pause, resume, delete or redraw one, or subscribe."""
        number = self.chance.randrange(len(self.numbers) // 2)
        change = self.chance.choice((self._pause, self._resume, self._delete, self._redraw, None))
        if change is None:
            await self.subscribe()
            return
        form = FilterForm.model_validate({"area": self.chance.choice(AREAS)})
        for owner in self.owners.values():
            await change(owner, self.ids(owner)[number], form)

    async def _pause(self, owner: Principal, subscription_id: UUID, _: FilterForm) -> None:
        await self._with_row(owner, subscription_id, self.alerts.subscriptions.pause)

    async def _resume(self, owner: Principal, subscription_id: UUID, _: FilterForm) -> None:
        await self._with_row(owner, subscription_id, self.alerts.subscriptions.resume)

    async def _delete(self, owner: Principal, subscription_id: UUID, _: FilterForm) -> None:
        await self._with_row(owner, subscription_id, self.alerts.subscriptions.delete)

    async def _redraw(self, owner: Principal, subscription_id: UUID, form: FilterForm) -> None:
        await self._with_row(owner, subscription_id, self.alerts.subscriptions.change, Changes(filter=form))

    async def _with_row(
        self, owner: Principal, subscription_id: UUID, change: Callable[..., Awaitable[object]], *more: object
    ) -> None:
        async with self.alerts.database.of(owner.mission).write() as transaction:
            query = select(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id)
            row = (await transaction.connection.execute(query)).mappings().one()
            if row["deleted_at"] is None:
                await change(transaction, owner, subscription_id, row["revision"], *more)

    async def deliver(self) -> None:
        """Some of what waits was delivered, some failed and is tried again later, some is being sent."""
        rows = await normal(self.alerts, DELIVERY, APART, self)
        for key in sorted({(row["subscription_id"], row["incident_id"], row["sequence"]) for row in rows}, key=str):
            now = self.alerts.clock.now()
            values = self.chance.choice(
                (
                    {"state": "delivered", "finished_at": now},
                    {"attempts": 1, "due_at": now + timedelta(minutes=7)},
                    {"lease_until": None, "due_at": now},
                    None,
                )
            )
            for owner in self.owners.values() if values else ():
                async with self.alerts.database.of(owner.mission).write() as transaction:
                    its_own = (
                        DELIVERY.c.subscription_id == self.ids(owner)[key[0]],
                        DELIVERY.c.incident_id == key[1],
                        DELIVERY.c.sequence == key[2],
                        DELIVERY.c.state == "pending",
                        DELIVERY.c.held.is_(None),
                    )
                    await transaction.connection.execute(update(DELIVERY).where(*its_own).values(values or {}))

    def revision(self, report: NewIncident) -> IncidentView:
        """The next revision of an incident, or one that came before."""
        if self.told and self.chance.random() < 0.2:
            return self.chance.choice(self.told)
        incident = self.chance.choice(self.incidents)
        self.newest[incident] += self.chance.choice((1, 1, 1, 2))
        made = report(
            incident_id=incident,
            revision=self.newest[incident],
            status=self.chance.choice(STATUSES),
            hazard_state=self.chance.choice(tuple(HazardState)),
            longitude=-1.0 + self.chance.choice((0.0, 0.0, 0.1, 3.0)),
            killed_high=self.chance.choice((0, 0, 3)),
            exercise=self.chance.random() < 0.1,
            merged_into=self.chance.choice((None, uuid4())),
        )
        self.told.append(made)
        return made


async def normal(alerts: Service, table: Table, mission: str, missions: TwoMissions) -> list[Mapping[str, Any]]:
    """A mission's rows without what is drawn: subscriptions by their number, alerts by what they are about."""
    async with alerts.database.of(mission).read() as connection:
        query = select(table).where(table.c.mission == mission)
        rows = (await connection.execute(query)).mappings().all()
        told = (await connection.execute(select(ALERT).where(ALERT.c.mission == mission))).mappings().all()
    names = {row["id"]: (missions.numbers[row["subscription_id"]], row["incident_id"], row["sequence"]) for row in told}
    found = []
    for row in rows:
        values = {name: value for name, value in row.items() if name not in ("id", "mission")}
        if "subscription_id" in values:
            values["subscription_id"] = missions.numbers[values["subscription_id"]]
        if values.get("alert_id"):
            values["alert_id"] = names[values["alert_id"]]
        if "refs" in values:
            values["refs"] = [names[UUID(reference)] for reference in values["refs"]]
        if "incident" in values:
            values["incident"] = {name: said for name, said in values["incident"].items() if name != "mission"}
        found.append(values)
    return sorted(found, key=str)


async def published(alerts: Service, mission: str, missions: TwoMissions) -> list[tuple[object, ...]]:
    """Every event in its order: its type, and what alert it is of."""
    async with alerts.database.of(mission).read() as connection:
        query = select(OUTBOX).where(OUTBOX.c.mission == mission).order_by(OUTBOX.c.id)
        rows = (await connection.execute(query)).all()
    events = [(row, decode(row.key, row.value, row.headers)) for row in rows]
    return [
        (row.type, row.subject, missions.numbers[data.alert.subscription_id], data.alert.sequence, row.time)
        for row, data in ((row, event.data) for row, event in events if event is not None)
        if isinstance(data, AlertChange)
    ]


@pytest.mark.parametrize(("seed", "at_once"), [(1, 100), (2, 100), (3, 3)])
async def test_a_batch_gives_what_its_revisions_give_one_by_one(
    alerts: Service, report: NewIncident, seed: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Histories with corrections, merges, retractions, redelivery, subscriptions that change, and receivers that
    fail. The batches are cut anywhere, and written in parts of any size."""
    chance = random.Random(seed)
    monkeypatch.setattr("clearway_alerts.warning.writing.WRITTEN_AT_ONCE", at_once)
    missions = TwoMissions(alerts, chance)
    for _ in range(4):
        await missions.subscribe()
    for _ in range(ROUNDS):
        history = [missions.revision(report) for _ in range(REVISIONS)]
        for one in history:
            await missions.warn(APART, one)
        while history:
            size = chance.randint(1, REVISIONS)
            await missions.warn(TOGETHER, *history[:size])
            del history[:size]
        for table in (ALERT, DECISION, DELIVERY, INCIDENT_VIEW):
            expected = await normal(alerts, table, APART, missions)
            assert await normal(alerts, table, TOGETHER, missions) == expected, table.name
        assert await published(alerts, TOGETHER, missions) == await published(alerts, APART, missions)
        assert missions.handed_over(TOGETHER) == missions.handed_over(APART)
        await missions.deliver()
        await missions.change()
        alerts.clock.advance(timedelta(hours=chance.choice((1, 30))))
    assert {row["kind"] for row in await alerts.rows(ALERT)} == {"issued", "updated", "downgraded", "cancelled"}
    assert {row["state"] for row in await alerts.rows(DELIVERY)} >= {"pending", "delivered"}
