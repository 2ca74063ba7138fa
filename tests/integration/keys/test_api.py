"""Keys over HTTP, on both databases: each caller's own, and the pages of those of a mission."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import IssuedKey, KeyTerms, Role
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.limiting.shares import Shares
from clearway_platform.settings import Settings
from clearway_platform.web.app import create_app
from clearway_platform.web.keys import router
from clearway_platform.web.pages import encode_cursor
from clearway_testing.manual_clock import ManualClock


@dataclass(frozen=True, slots=True)
class Platform:
    """As much of the platform as the API asks for."""

    keys: SqlKeyDirectory
    settings: Settings
    shares: Shares
    clock: ManualClock
    people: None = None


@pytest.fixture
async def keys(database_url: str, clock: ManualClock) -> AsyncIterator[SqlKeyDirectory]:
    await upgrade(database_url, MIGRATIONS)
    database = Database(database_url)
    yield SqlKeyDirectory(database, clock)
    await database.close()


@pytest.fixture
async def client(keys: SqlKeyDirectory, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(mission_zone="Africa/Bamako")
    platform: Any = Platform(keys, settings, Shares(settings, clock), clock)
    app = create_app(title="tests", description="", platform=platform)
    app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def of(key: IssuedKey) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {key.token}"}}


async def test_a_key_says_what_it_is(keys: SqlKeyDirectory, client: httpx.AsyncClient) -> None:
    ceiling = Ceiling(Tlp.GREEN, Classification.CONFIDENTIAL, "Halo")
    own = await keys.create("unmas", Role.SUBSCRIBER, "tracker", "Ann Ba", ceiling)
    said = (await client.get("/v1/session", **of(own))).json()
    assert {"alerts:read", "incidents:read", "routes:read", "subscriptions:write"} <= set(said.pop("permissions"))
    assert said == {
        "key_id": own.principal.id,
        "name": "tracker",
        "person": "Ann Ba",
        "system": None,
        "expires_at": None,
        "mission": "unmas",
        "role": "subscriber",
        "ceiling": {"tlp": "green", "classification": "confidential", "organisation": "Halo"},
        "zone": "Africa/Bamako",
    }


async def test_a_key_of_nobody_has_the_ceiling_of_its_role(keys: SqlKeyDirectory, client: httpx.AsyncClient) -> None:
    said = (await client.get("/v1/session", **of(await keys.create("unmas", Role.ANALYST, "desk")))).json()
    assert said["person"] is None
    assert said["ceiling"] == {"tlp": "amber_strict", "classification": "confidential", "organisation": "*"}


async def test_the_keys_of_the_mission_are_listed_without_their_secrets(
    keys: SqlKeyDirectory, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    admin = await keys.create("unmas", Role.ADMIN, "admin")
    made_at = clock.now()
    clock.advance(timedelta(hours=1))
    lost = await keys.create("unmas", Role.REPORTER, "radio", "Ben Ko")
    theirs = await keys.create("monusco", Role.ADMIN, "theirs")
    assert await keys.revoke(lost.principal.id)
    answer = await client.get("/v1/keys", **of(admin))
    first, second = answer.json()["items"]
    assert answer.json()["next"] is None
    assert first["ceiling"] == {"tlp": "red", "classification": "strictly_confidential", "organisation": "*"}
    assert (first["key_id"], first["role"], first["person"]) == (admin.principal.id, "admin", None)
    assert (first["created_at"], first["revoked_at"]) == (made_at.isoformat().replace("+00:00", "Z"), None)
    assert (second["key_id"], second["name"], second["person"]) == (lost.principal.id, "radio", "Ben Ko")
    assert second["revoked_at"] == clock.now().isoformat().replace("+00:00", "Z")
    assert theirs.principal.id not in answer.text
    assert not [key for key in (admin, lost) if key.token.split("_", 2)[2] in answer.text]


async def test_the_list_says_how_a_key_is_limited_and_how_it_ends(
    keys: SqlKeyDirectory, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    admin = await keys.create("unmas", Role.ADMIN, "admin")
    ends = clock.now() + timedelta(days=30)
    terms = KeyTerms("gateway", ends, frozenset({"incidents:report", "alerts:read"}), ("127.0.0.0/8",))
    limited = await keys.create("unmas", Role.REPORTER, "radio", terms=terms)
    successor = await keys.rotate(limited.principal.id, timedelta(hours=1))
    assert (await client.get("/v1/session", **of(limited))).status_code == 200
    await keys.use.write()

    async def listed(key: IssuedKey) -> dict[str, Any]:
        items: list[dict[str, Any]] = (await client.get("/v1/keys", **of(admin))).json()["items"]
        return next(item for item in items if item["key_id"] == key.principal.id)

    old, new = await listed(limited), await listed(successor)
    assert (old["state"], old["replaced_by"]) == ("replaced", successor.principal.id)
    assert (old["system"], old["scopes"]) == ("gateway", ["alerts:read", "incidents:report"])
    assert (old["networks"], new["networks"]) == (["127.0.0.0/8"], ["127.0.0.0/8"])
    assert old["expires_at"] == (clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert (new["state"], new["expires_at"], new["last_used_at"]) == ("in_use", None, None)
    assert old["last_used_at"] is not None
    clock.advance(timedelta(hours=1))
    assert (await client.get("/v1/session", **of(limited))).json()["code"] == "bad_key"
    assert (await listed(limited))["state"] == "expired"


async def test_a_key_may_do_what_its_scopes_name_and_always_say_what_it_is(
    keys: SqlKeyDirectory, client: httpx.AsyncClient
) -> None:
    scoped = await keys.create("unmas", Role.ADMIN, "reader", terms=KeyTerms(scopes=frozenset({"alerts:read"})))
    said = (await client.get("/v1/session", **of(scoped))).json()
    assert said["permissions"] == ["alerts:read", "session:read", "stream-tickets"]
    refused = await client.get("/v1/keys", **of(scoped))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    assert "keys:read" in refused.json()["detail"]


async def test_a_key_is_refused_from_another_network(keys: SqlKeyDirectory, client: httpx.AsyncClient) -> None:
    elsewhere = await keys.create("unmas", Role.ADMIN, "desk", terms=KeyTerms(networks=("10.20.0.0/16",)))
    here = await keys.create("unmas", Role.ADMIN, "desk", terms=KeyTerms(networks=("127.0.0.0/8",)))
    assert (await client.get("/v1/session", **of(here))).status_code == 200
    refused = await client.get("/v1/session", **of(elsewhere))
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_key")
    assert "127.0.0.1" in refused.json()["detail"]


async def test_pages_hold_each_key_once_though_many_were_made_at_one_moment(
    keys: SqlKeyDirectory, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    admin = await keys.create("unmas", Role.ADMIN, "admin")
    for _ in range(3):
        await keys.create("unmas", Role.REPORTER, "radio")
    clock.advance(timedelta(seconds=1))
    await keys.create("unmas", Role.REPORTER, "the last")
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while "cursor" not in query or query["cursor"]:
        page = (await client.get("/v1/keys", params=query, **of(admin))).json()
        assert len(page["items"]) <= 2
        found += page["items"]
        query["cursor"] = page["next"]
    assert [item["key_id"] for item in found] == [record.principal.id for record in await keys.list("unmas")]
    assert len({item["key_id"] for item in found}) == 5
    assert found[-1]["name"] == "the last"


@pytest.mark.parametrize(
    "place", [("yesterday", "0123"), ("2026-03-01T05:00:00", "0123"), ("2026-03-01T05:00:00Z", "\x00"), ("2026",)]
)
async def test_another_lists_cursor_is_refused(
    keys: SqlKeyDirectory, client: httpx.AsyncClient, place: tuple[str, ...]
) -> None:
    admin = await keys.create("unmas", Role.ADMIN, "admin")
    answer = await client.get("/v1/keys", params={"cursor": encode_cursor(*place)}, **of(admin))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
