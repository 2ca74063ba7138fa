"""A mission's analytics on a real database, told of incidents as the log would tell it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from clearway_analytics.commands.announce import Announcer
from clearway_analytics.commands.apply_incidents import ApplyIncidents, Arrived
from clearway_analytics.commands.change_parameters import ChangeParameters, ParametersDraft
from clearway_analytics.commands.rebuild_risk import RebuildRisk, ShadowBuilder
from clearway_analytics.commands.record_checks import live_route
from clearway_analytics.commands.register_route import RegisterRoute
from clearway_analytics.commands.sweep import Sweep
from clearway_analytics.consumers.incidents import view_of
from clearway_analytics.domain.line import Position, checked
from clearway_analytics.domain.route import Route, RouteDraft
from clearway_analytics.ledger import missions, parameters, routes
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.ledger.routes import RouteIndex
from clearway_analytics.queries import consistency
from clearway_analytics.queries.risk import Explained, current, explained
from clearway_analytics.risk.assessment import Assessment
from clearway_analytics.settings import AnalyticsSettings
from clearway_analytics.storage.tables import CONTRIBUTIONS
from clearway_contracts.codec import decode
from clearway_contracts.envelope import Event, EventData
from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import IncidentChange, IncidentCorrected, IncidentReported, IncidentRetracted
from clearway_platform.auth.ceilings import UNLIMITED
from clearway_platform.auth.principals import KeyRecord, Principal, Role, StreamTickets
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.heavy import HeavyWork
from clearway_platform.limiting.shares import Shares
from clearway_platform.limiting.stored import StoredBytes
from clearway_platform.log.base import Broker
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.service import Platform, Plumbing
from clearway_platform.settings import Settings
from clearway_testing.contract import hold_against_contract
from clearway_testing.key_ends import KnownEndings
from clearway_testing.manual_clock import ManualClock

MISSION = "unmis"
ROAD: tuple[Position, ...] = ((30.0, 5.0), (30.2, 5.0), (30.4, 5.1))


def incident_state(
    incident_id: UUID,
    revision: int,
    longitude: float,
    latitude: float,
    at: datetime,
    mission: str = MISSION,
    **changes: Any,
) -> IncidentState:
    """A report of an IED that detonated, with whatever `changes` say (location__uncertainty_m: inside location)."""
    values: dict[str, Any] = {
        "incident_id": incident_id,
        "revision": revision,
        "mission": mission,
        "exercise": False,
        "time": {
            "occurred_at": at,
            "earliest": at,
            "latest": at,
            "precision": "minute",
            "reported_at": at,
            "recorded_at": at,
        },
        "location": {
            "point": {"type": "Point", "coordinates": (longitude, latitude)},
            "uncertainty_m": 20.0,
            "precision": "gps",
        },
        "category": "ied",
        "actuation": "unknown",
        "delivery": "roadside",
        "outcome": "detonated",
        "hazard_state": "none",
        "target": "un_convoy",
        "activity": "convoy",
        "priority": "immediate",
        "grading": {"source_reliability": "C", "info_credibility": 3},
        "status": "reported",
        "sharing": {"tlp": "green", "classification": "unclassified"},
        "audit": {"created_by": "k1", "created_at": at, "updated_at": at},
    }
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        if inner:
            values[outer][inner] = value
        else:
            values[outer] = value
    return IncidentState.model_validate(values)


def analyst(mission: str) -> Principal:
    return Principal(id="k1", name="analyst", mission=mission, role=Role.ANALYST)


def operator(mission: str) -> Principal:
    return Principal(id="k2", name="operator", mission=mission, role=Role.OPERATOR)


@dataclass
class Desk:
    """One service's end of the log, with its commands at hand."""

    database: Database
    clock: ManualClock
    outbox: Outbox
    announcer: Announcer
    apply: ApplyIncidents
    register: RegisterRoute
    change: ChangeParameters
    rebuild: RebuildRisk
    told: list[Event] = field(default_factory=list)

    @classmethod
    def on(cls, database: Database, clock: ManualClock) -> "Desk":
        outbox = Outbox(clock, check=hold_against_contract)
        announcer = Announcer(outbox, clock, 1.25)
        heavy = HeavyWork("ratings")
        apply = ApplyIncidents(RouteIndex(heavy), announcer, heavy)
        builder = ShadowBuilder(heavy)
        change, rebuild = ChangeParameters(announcer, builder), RebuildRisk(database, clock, builder)
        return cls(database, clock, outbox, announcer, apply, RegisterRoute(announcer, heavy), change, rebuild)

    async def put(
        self,
        route_id: UUID,
        line: Sequence[Position] = ROAD,
        *,
        mission: str = MISSION,
        expected: int | None = None,
        half_width_m: float = 500.0,
    ) -> Route:
        draft = RouteDraft("Main supply route", checked(line), half_width_m)
        async with self.database.of_every_mission("a test").write() as transaction:
            return await self.register.put(transaction, analyst(mission), route_id, draft, expected)

    async def retire(self, route_id: UUID, expected: int) -> None:
        async with self.database.of_every_mission("a test").write() as transaction:
            await self.register.retire(transaction, analyst(MISSION), route_id, expected)

    async def propose(self, mission: str = MISSION, **draft: Any) -> ParametersRevision:
        wanted = ParametersDraft(**{"reason": "The rate has risen.", "preset": "dense"} | draft)
        async with self.database.of_every_mission("a test").write() as transaction:
            return await self.change.propose(transaction, operator(mission), wanted)

    async def activate(self, proposed: ParametersRevision, expected: int = 2) -> ParametersRevision:
        async with self.database.of_every_mission("a test").write() as transaction:
            principal = operator(proposed.mission)
            return await self.change.activate(transaction, principal, proposed.parameters_id, expected)

    async def discard(self, proposed: ParametersRevision, expected: int = 2) -> ParametersRevision:
        async with self.database.of_every_mission("a test").write() as transaction:
            principal = operator(proposed.mission)
            return await self.change.discard(transaction, principal, proposed.parameters_id, expected, "A slip.")

    async def parameters(self, parameters_id: UUID, mission: str = MISSION) -> ParametersRevision:
        async with self.database.of_every_mission("a test").read() as connection:
            found = await parameters.find(connection, await missions.read(connection, mission), parameters_id)
        assert found is not None
        return found

    def event(
        self,
        incident_id: UUID,
        revision: int,
        longitude: float,
        latitude: float,
        *,
        days_ago: float = 0,
        **changes: Any,
    ) -> Event:
        """A revision of an incident, as the log has it."""
        at = self.clock.now() - timedelta(days=days_ago)
        state = incident_state(incident_id, revision, longitude, latitude, at, **changes)
        changed = IncidentReported if revision == 1 else IncidentCorrected
        contract = {"retracted": IncidentRetracted}.get(state.status.value, changed)
        data = contract(mission=state.mission, incident_id=incident_id, revision=revision, incident=state)
        return self.outbox.event(data, subject=str(incident_id), source="test", occurred=at)

    async def tell(self, incident_id: UUID, revision: int, longitude: float, latitude: float, **changes: Any) -> Event:
        """Tell of a revision of an incident, once."""
        event = self.event(incident_id, revision, longitude, latitude, **changes)
        self.told.append(event)
        await self.deliver(event)
        return event

    async def deliver(self, *events: Event) -> None:
        """Hand events to the handler in one transaction, as the consumer does with a batch."""
        async with self.database.of_every_mission("a test").write() as transaction:
            for _, together in groupby(events, lambda event: event.data.mission):
                await self.apply(transaction, [_arrived(event) for event in together])

    async def risk(self, route_id: UUID, mission: str = MISSION) -> Assessment:
        async with self.database.of_every_mission("a test").read() as connection:
            known = await missions.read(connection, mission)
            found = await current(connection, known, [route_id], self.clock.now())
        return found[route_id]

    async def explained(self, route_id: UUID, at: datetime | None = None) -> Explained:
        async with self.database.of_every_mission("a test").read() as connection:
            mission = await missions.read(connection, MISSION)
            route = await live_route(connection, MISSION, route_id)
            found = await explained(
                connection, mission, route, at or self.clock.now(), 7.0, self.register.heavy, UNLIMITED
            )
        assert found is not None
        return found

    async def route(self, route_id: UUID) -> Route:
        async with self.database.of_every_mission("a test").read() as connection:
            found = await routes.find(connection, MISSION, route_id)
        assert found is not None
        return found

    async def sweep(self) -> int:
        return await Sweep(self.database, self.announcer).once()

    async def published(self) -> list[EventData]:
        """Everything in the outbox, in order, read back as a consumer would."""
        async with self.database.of_every_mission("a test").read() as connection:
            rows = (await connection.execute(select(table_of(OutboxRow)).order_by(table_of(OutboxRow).c.id))).all()
        events = [decode(row.key, row.value, row.headers) for row in rows]
        return [event.data for event in events if event is not None]

    async def contributions(self) -> dict[tuple[UUID, UUID], float]:
        async with self.database.of_every_mission("a test").read() as connection:
            rows = await connection.execute(select(CONTRIBUTIONS))
            return {(row.route_id, row.incident_id): row.kept for row in rows}

    async def differences(self) -> list[consistency.Difference]:
        async with self.database.of_every_mission("a test").read() as connection:
            return await consistency.differences(connection, MISSION)


def _arrived(event: Event) -> Arrived:
    assert isinstance(event.data, IncidentChange)
    return Arrived(view_of(event.data.incident), event.envelope.id)


def elsewhere(desk: Desk, event: Event, mission: str) -> Event:
    """The same event as another mission would have it."""
    data = event.data
    assert isinstance(data, IncidentChange)
    incident = data.incident.model_copy(update={"mission": mission})
    moved = data.model_copy(update={"mission": mission, "incident": incident})
    return desk.outbox.event(moved, subject=str(data.incident_id), source="test", occurred=event.envelope.time)


class Keys:
    """Each token names a mission and a role."""

    tickets: StreamTickets
    endings = KnownEndings(SystemClock())

    async def principal(self, token: str) -> Principal | None:
        mission, _, role = token.partition("/")
        return Principal(id=f"key-{role}", name=role, mission=mission, role=Role(role)) if role else None

    async def principal_of(self, key_id: str) -> Principal | None:
        return await self.principal(key_id)

    async def list(self, *_: object, **__: object) -> Sequence[KeyRecord]:
        return ()


def platform_on(desk: Desk, broker: Broker, directory: Path) -> Platform:
    """What the runtime would give."""
    return Platform(
        settings=Settings(data_dir=directory),
        clock=desk.clock,
        keys=Keys(),
        broker=broker,
        plumbing=Plumbing(
            desk.database,
            desk.outbox,
            Feed(desk.database),
            DeadLetters(desk.database, desk.outbox, desk.clock),
            StoredBytes(desk.database, 0),
        ),
        shares=Shares(Settings(), desk.clock),
        own=AnalyticsSettings(),
    )
