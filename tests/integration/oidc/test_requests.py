"""Tokens beside keys at the same addresses, on both databases: who somebody is, a stream's ticket, and the refusals."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import People, Role
from clearway_platform.auth.signing_in import open_people
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.limiting.shares import Shares
from clearway_platform.settings import Settings
from clearway_platform.web.app import create_app
from clearway_platform.web.keys import router as keys_router
from clearway_platform.web.stream.tickets import router as tickets_router
from clearway_testing.issuer import Issuer
from clearway_testing.manual_clock import ManualClock

PEOPLE = {"ann": {"name": "Ann Ba", "clearway_mission": "unmas", "realm_access": {"roles": ["duty"]}}}


@dataclass(frozen=True, slots=True)
class Platform:
    """As much of the platform as the API asks for."""

    keys: SqlKeyDirectory
    settings: Settings
    clock: ManualClock
    shares: Shares
    people: People | None


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer(PEOPLE) as issuer:
        yield issuer


@pytest.fixture
def clock() -> ManualClock:
    clock = ManualClock()
    clock.set(datetime.now(UTC))
    return clock


@pytest.fixture
async def keys(database_url: str, clock: ManualClock) -> AsyncIterator[SqlKeyDirectory]:
    await upgrade(database_url, MIGRATIONS)
    database = Database(database_url)
    yield SqlKeyDirectory(database, clock)
    await database.close()


@pytest.fixture
async def client(keys: SqlKeyDirectory, clock: ManualClock, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(oidc_issuer=issuer.url, oidc_roles={"duty": "operator"})
    platform: Any = Platform(keys, settings, clock, Shares(settings, clock), open_people(settings, clock))
    app = create_app(title="tests", description="", platform=platform)
    for router in (keys_router, tickets_router):
        app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_says_who_somebody_is_as_a_key_does(
    client: httpx.AsyncClient, issuer: Issuer, keys: SqlKeyDirectory
) -> None:
    said = (await client.get("/v1/session", headers=bearer(issuer.token("ann")))).json()
    assert (said["name"], said["person"], said["mission"]) == ("Ann Ba", "subject-of-ann", "unmas")
    assert said["role"] == "operator"
    assert "subscriptions:write" in said["permissions"]
    assert said["key_id"].startswith("oidc-")
    key = await keys.create("unmas", Role.REPORTER, "radio")
    assert (await client.get("/v1/session", headers=bearer(key.token))).json()["key_id"] == key.principal.id


async def test_a_ticket_of_a_person_opens_a_stream_until_the_token_ends(
    client: httpx.AsyncClient, issuer: Issuer, keys: SqlKeyDirectory, clock: ManualClock
) -> None:
    async def ticket() -> str:
        answer = await client.post("/v1/stream-tickets", headers=bearer(issuer.token("ann")))
        assert answer.status_code == 201, answer.text
        text: str = answer.json()["ticket"]
        return text

    found = await keys.tickets.redeem(first := await ticket())
    assert found is not None
    assert (found.name, found.mission, found.role, found.has_key) == ("Ann Ba", "unmas", Role.OPERATOR, False)
    assert found.expires_at is not None
    assert await keys.tickets.redeem(first) is None
    issuer.lifetime = 20
    last = await ticket()
    clock.advance(timedelta(seconds=55))
    assert await keys.tickets.redeem(last) is None


async def test_what_is_wrong_with_a_token_is_said(client: httpx.AsyncClient, issuer: Issuer) -> None:
    refused = await client.get("/v1/session", headers=bearer(issuer.token("ann", clearway_mission=None)))
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_key")
    assert "clearway_mission" in refused.json()["detail"]
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    old = issuer.token("ann", exp=int(datetime.now(UTC).timestamp()) - 60)
    assert "has expired" in (await client.get("/v1/session", headers=bearer(old))).json()["detail"]


async def test_an_issuer_that_is_away_is_503_and_keys_go_on(
    client: httpx.AsyncClient, issuer: Issuer, keys: SqlKeyDirectory
) -> None:
    issuer.answers = False
    # A token that cannot be checked is not a failed attempt, however often it is sent.
    for _ in range(Settings().failed_authentications_per_minute + 1):
        refused = await client.get("/v1/session", headers=bearer(issuer.token("ann")))
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert "Retry-After" in refused.headers
    key = await keys.create("unmas", Role.REPORTER, "radio")
    assert (await client.get("/v1/session", headers=bearer(key.token))).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://idp.example.org"},
        {"oidc_issuer": "https://idp.example.org;x"},
        {"oidc_issuer": "https://idp.example.org/?a=b"},
        {"oidc_issuer": "idp.example.org"},
        {"oidc_algorithms": "HS256"},
        {"oidc_algorithms": "none"},
        {"oidc_roles": {"duty": "superuser"}},
    ],
)
def test_an_issuer_that_cannot_be_trusted_ends_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


def test_the_roles_of_the_settings_are_those_there_are() -> None:
    assert Settings(oidc_roles={role.value: role.value for role in Role}).oidc_roles == {
        role.value: role.value for role in Role
    }
