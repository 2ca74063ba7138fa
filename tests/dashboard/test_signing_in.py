"""Who looks: a key by a link, by hand, refused, kept, revoked; and what each role is offered."""

import asyncio
import re

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_testing.platforms import Platform

from .people import HERE, Keys, Person
from .seen import alert_card, is_live, listed, status_of
from .windows import Windows

PLACE = "Kilometre 41"
# What a browser says of an answer that is a refusal.
REFUSED = r"status of 401"
KEPT = "JSON.stringify([sessionStorage, localStorage].map((one) => ({ ...one })))"


async def test_a_link_signs_in_and_its_key_is_in_no_address(keys: Keys, window: Windows) -> None:
    key = await keys(Role.SUBSCRIBER)
    page = await window(key, "/?span=7d")
    await is_live(page)
    assert page.url == f"{window.origin}/?span=7d"
    addresses = [page.url]
    for name in ("Routes", "Alerts", "Now"):
        await page.get_by_role("navigation", name="Clearway").get_by_role("link", name=name, exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        addresses.append(page.url)
    assert not [address for address in addresses if key in address]
    assert key not in await page.content()
    assert key not in await page.evaluate("JSON.stringify({ ...localStorage })")
    await page.reload()
    await is_live(page)


async def test_a_key_is_asked_for_and_a_wrong_one_refused_in_words(keys: Keys, window: Windows) -> None:
    page = await window(None, errors=REFUSED)
    field = page.get_by_label("API key")
    enter = page.get_by_role("button", name="Sign in")
    await field.fill("hello")
    await enter.click()
    await expect(page.get_by_role("alert")).to_contain_text("This is not an API key")
    await field.fill("cwk_0000000000000000_" + "A" * 43)
    await enter.click()
    await expect(page.get_by_role("alert")).to_contain_text("This key is not accepted")
    assert await page.evaluate(KEPT) == "[{},{}]"
    await field.fill(await keys(Role.REPORTER))
    await enter.click()
    await is_live(page)
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_key_is_kept_on_the_device_only_where_the_person_says_so(keys: Keys, window: Windows) -> None:
    key = await keys(Role.REPORTER)
    page = await window(None)
    await page.get_by_label("API key").fill(key)
    await page.get_by_label("Keep it on this device").check()
    await page.get_by_role("button", name="Sign in").click()
    await is_live(page)
    assert await page.evaluate("Object.values(localStorage).includes(sessionStorage['clearway.key'])")
    await page.evaluate("sessionStorage.clear()")  # the browser was closed
    await page.reload()
    await is_live(page)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("API key")).to_be_visible()
    assert key not in await page.evaluate(KEPT)
    await page.reload()
    await expect(page.get_by_label("API key")).to_be_visible()


async def test_a_key_that_is_revoked_shows_nothing_more(
    keys: Keys, client: httpx.AsyncClient, platform: Platform, window: Windows
) -> None:
    reporter = Person(client, await keys(Role.REPORTER))
    incident = await reporter.report(PLACE)
    key = await keys(Role.SUBSCRIBER)
    page = await window(key, errors=REFUSED)
    beside = await window(key, f"/incidents/{incident}", errors=REFUSED)
    await expect(listed(page, PLACE)).to_be_visible()
    await expect(status_of(beside)).to_have_text("Reported")

    await revoke(platform, key)
    for looking in (page, beside):
        await expect(looking.get_by_role("alert")).to_contain_text("It may be revoked. Enter another one.")
        await expect(looking.get_by_label("API key")).to_be_visible()
        await expect(looking.locator("body")).not_to_contain_text(PLACE)
        assert key not in await looking.evaluate(KEPT)

    # Another person goes on at the same window, and sees what that key may see.
    await page.get_by_label("API key").fill(await keys(Role.VERIFIER))
    await page.get_by_role("button", name="Sign in").click()
    await expect(listed(page, PLACE)).to_be_visible()


async def revoke(platform: Platform, key: str) -> None:
    database = Database(platform.settings.database_url("keys"), pool_size=1)
    try:
        assert await SqlKeyDirectory(database, SystemClock()).revoke(key.split("_")[1])
    finally:
        await database.close()


ASSESS = {"Start review", "Grade", "Dispute", "Merge", "Retract"}
REPORT = {"Correct facts", "Add a report", "Set hazard", "Claim clearance"}
SUBSCRIBE = {"Acknowledge", "New subscription"}
ROUTES = {"New route"}
MAY = {
    Role.REPORTER: REPORT,
    Role.VERIFIER: REPORT | ASSESS,
    Role.ANALYST: ROUTES,
    Role.SUBSCRIBER: SUBSCRIBE,
    Role.OPERATOR: REPORT | SUBSCRIBE | ROUTES,
    Role.ADMIN: REPORT | ASSESS | SUBSCRIBE | ROUTES,
}


@pytest.mark.parametrize("role", list(Role))
async def test_a_key_is_offered_what_it_may_do_and_nothing_else(
    role: Role, keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    operator = Person(client, await keys(Role.OPERATOR))
    circle = {"type": "circle", "center": {"type": "Point", "coordinates": list(HERE)}, "radius_m": 5000}
    wanted = {"name": "Convoy", "filter": {"area": circle}, "channel": {"type": "stream"}}
    await operator.send("POST", "/v1/subscriptions", wanted)
    incident = await operator.report(PLACE)

    page = await window(await keys(role), f"/incidents/{incident}")
    await expect(page.get_by_role("heading", name="IED, Active")).to_be_visible()
    expected = MAY[role]
    if not expected & (REPORT | ASSESS):
        await expect(page.get_by_text("Your key may do nothing with this incident")).to_be_visible()
    await offers(page, expected, REPORT | ASSESS)
    await page.get_by_role("link", name="Alerts", exact=True).click()
    await expect(alert_card(page, PLACE)).to_be_visible()
    await offers(page, expected, {"Acknowledge"})
    await page.get_by_role("link", name="Subscriptions", exact=True).click()
    await expect(page.get_by_role("rowheader", name="Convoy")).to_be_visible()
    await offers(page, expected, {"New subscription"})
    await page.get_by_role("link", name="Routes", exact=True).click()
    await expect(page.get_by_role("heading", level=1, name="Routes")).to_be_visible()
    await offers(page, expected, ROUTES)


async def offers(page: Page, expected: set[str], of: set[str]) -> None:
    """Of these links and buttons the page has those that are expected, and no other."""
    for name in sorted(of):
        exact = re.compile(f"^{re.escape(name)}$")
        found = page.get_by_role("button", name=exact).or_(page.get_by_role("link", name=exact))
        await expect(found, name).to_have_count(1 if name in expected else 0)


async def test_nothing_is_offered_before_it_is_known_whose_key_it_is(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    incident = await Person(client, await keys(Role.REPORTER)).report(PLACE)
    page = await window(await keys(Role.VERIFIER))
    answered = asyncio.Event()

    async def late(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await page.route("**/v1/session", late)
    await page.goto(f"{window.origin}/incidents/{incident}")
    await expect(status_of(page)).to_have_text("Reported")
    await offers(page, set(), REPORT | ASSESS)
    await expect(page.get_by_text("Your key may do nothing")).to_have_count(0)
    answered.set()
    await offers(page, REPORT | ASSESS, REPORT | ASSESS)
