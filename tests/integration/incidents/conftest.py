"""The incidents service on a real database, asked over HTTP by each role."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import Row, Select, Table, func, select
from sqlmodel import SQLModel

from clearway_contracts.incident import IncidentState
from clearway_incidents.exchange.exports.format import Format
from clearway_incidents.main import STORAGE
from clearway_incidents.settings import IncidentsSettings
from clearway_incidents.storage.states import INCIDENT
from clearway_incidents.wiring import FORMATS, build
from clearway_platform.auth.principals import CEILINGS, KeyRecord, Principal, Role, StreamTickets
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of
from clearway_platform.database.states import StateVersions
from clearway_platform.database.tables import OutboxRow
from clearway_platform.limiting.shares import Shares
from clearway_platform.limiting.stored import StoredBytes
from clearway_platform.log.base import Broker
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.service import Platform, Plumbing
from clearway_platform.settings import Settings
from clearway_platform.web.representation import Representations
from clearway_testing.contract import hold_against_contract
from clearway_testing.key_ends import KnownEndings
from clearway_testing.manual_clock import ManualClock

MISSIONS = ("unmix", "other")


class Keys:
    """A token is `mission:role`, `mission:role:name` or `mission:role:name:person`; `@organisation` may follow."""

    tickets: StreamTickets
    endings = KnownEndings(SystemClock())

    async def principal(self, token: str) -> Principal | None:
        named, _, organisation = token.partition("@")
        mission, role, *name = named.split(":")
        person = name[1] if name[1:] else None
        ceiling = replace(CEILINGS[Role(role)], organisation=organisation) if organisation else None
        return Principal(token, name[0] if name else role, mission, Role(role), person, ceiling)

    async def principal_of(self, key_id: str) -> Principal | None:
        return await self.principal(key_id)

    async def list(self, *_: object, **__: object) -> Sequence[KeyRecord]:
        return ()


@dataclass
class Desk:
    """One service, and the clients that ask it."""

    http: httpx.AsyncClient
    database: Database
    clock: ManualClock

    async def ask(
        self,
        method: str,
        path: str = "",
        body: object = None,
        *,
        by: str = "unmix:verifier",
        seen: int | None = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {by}", **(headers or {})}
        if seen is not None:
            sent["If-Match"] = f'"{seen}"'
        return await self.http.request(
            method,
            path if path.startswith("/v1/") else f"/v1/incidents{path}",
            json=body,
            headers=sent,
            params=query or None,
        )

    async def report(self, by: str = "unmix:reporter", **changes: Any) -> dict[str, Any]:
        answer = await self.ask("POST", body=a_report(**changes), by=by)
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json())

    async def step(self, incident: dict[str, Any], command: str, body: object = None, **options: Any) -> dict[str, Any]:
        """One command of the life that must succeed; the answer."""
        path = f"/{incident['incident_id']}/{command}"
        answer = await self.ask("POST", path, body or {}, seen=incident["revision"], **options)
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    async def clear(
        self,
        incident: dict[str, Any],
        state: str = "cleared",
        *,
        by: str = "unmix:operator",
        confirmed_by: str = "unmix:verifier",
    ) -> dict[str, Any]:
        """One principal claims that the hazard is no more, another one confirms it; the answer."""
        claimed = await self.step(incident, "clearance", a_claim(hazard_state=state), by=by)
        return await self.step(claimed, "confirm-clearance", by=confirmed_by)

    async def read(self, incident: dict[str, Any], **options: Any) -> dict[str, Any]:
        answer = await self.ask("GET", f"/{incident['incident_id']}", **options)
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    async def published(self) -> list[tuple[str, bytes]]:
        """The types and bodies of all that the outbox holds, in order."""
        query = select(OutboxRow).order_by(table_of(OutboxRow).c.id)
        async with self.database.of_every_mission("a test").read() as connection:
            return [(row.type, row.value) for row in await connection.execute(query)]

    async def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """What a query finds in the database."""
        async with self.database.of_every_mission("a test").read() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return rows

    async def count(self, table: Table | type[SQLModel]) -> int:
        async with self.database.of_every_mission("a test").read() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


def a_report(**changes: Any) -> dict[str, Any]:
    """A roadside device that was found; the fields that are given differ, None leaves one out."""
    whole: dict[str, Any] = {
        "time": {"occurred_at": "2026-03-01T05:40:00Z", "precision": "minute"},
        "location": {"point": {"type": "Point", "coordinates": [-3.9962, 17.0421]}, "precision": "gps"},
        "category": "ied",
        "delivery": "roadside",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
        "report": {"organisation": "Convoy 12", "role": "commander", "channel": "radio", "contact_ref": "book-7"},
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def a_claim(**changes: Any) -> dict[str, Any]:
    """That the device was destroyed where it lay, just now."""
    whole = {"organisation": "Clearance team", "method": "destroyed_in_place", "at": "2026-03-01T05:50:00Z"}
    return whole | {"extent": "The culvert, 50 m on each side"} | changes


@pytest.fixture
def scripts_run() -> Path:
    """A fresh database has the tables of the service."""
    return STORAGE.migrations


@pytest.fixture
def own(tmp_path: Path) -> IncidentsSettings:
    """The settings of the service."""
    return IncidentsSettings(attachments=str(tmp_path / "photos"))


@pytest.fixture
async def platform(database_url: str, clock: ManualClock, own: IncidentsSettings) -> AsyncIterator[Platform]:
    """What the runtime gives to the service, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    outbox = Outbox(clock, check=hold_against_contract)
    yield Platform(
        settings=Settings(),
        clock=clock,
        keys=Keys(),
        broker=cast(Broker, None),
        plumbing=Plumbing(
            database, outbox, Feed(database), DeadLetters(database, outbox, clock), StoredBytes(database, 0)
        ),
        shares=Shares(Settings(), clock),
        own=own,
    )
    await database.close()


@asynccontextmanager
async def desk_of(
    platform: Platform, states: StateVersions[IncidentState] = INCIDENT, formats: Sequence[Format] = FORMATS
) -> AsyncIterator[Desk]:
    """A program whose incidents are stored in these versions, and given out in these formats."""
    app = build(platform, states, formats).app
    transport = httpx.ASGITransport(Representations(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://clearway.test") as http:
        yield Desk(http, platform.database, cast(ManualClock, platform.clock))
    reading = app.state.wiring.reading
    reading.close()
    await reading.wait_closed()


@pytest.fixture
async def desk(platform: Platform) -> AsyncIterator[Desk]:
    """On SQLite and on PostgreSQL."""
    async with desk_of(platform) as desk:
        yield desk
