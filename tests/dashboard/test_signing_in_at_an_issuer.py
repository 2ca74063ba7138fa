"""People sign in at the mission's issuer, in a real browser: they come back signed in, stay so while their token is
renewed, and are signed out in both places. A key is accepted beside it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from clearway_platform.auth.principals import Role
from clearway_testing.issuer import Issuer
from clearway_testing.platforms import embedded_platform

from .conftest import alone
from .deployment import Deployment
from .looped import fixture
from .seen import is_live

SCREENSHOTS = Path(__file__).parents[2] / ".cache" / "screenshots" / "signing-in"
WITH_ACCOUNT = "Sign in with your mission’s account"
KEPT = "JSON.stringify([sessionStorage, localStorage].map((one) => ({ ...one })))"
TOKEN = "sessionStorage['clearway.key']"


@fixture(scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    person = {"name": "Ann Ba", "clearway_mission": "pages-oidc", "realm_access": {"roles": ["operator"]}}
    nobody = {"name": "Ben Ko", "realm_access": {"roles": ["offline_access"]}}
    async with Issuer({"ann": person, "ben": nobody}) as issuer:
        yield issuer


@fixture(scope="module")
async def deployment(
    built: None, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    async with AsyncExitStack() as stack:
        folder = tmp_path_factory.mktemp("signing-in")
        yield alone(await embedded_platform(stack, folder, {"CLEARWAY_OIDC_ISSUER": issuer.url}))


@fixture
async def page(browser: Browser, deployment: Deployment) -> AsyncIterator[Page]:
    """A window in which the Content-Security-Policy refuses nothing. It goes to the issuer too."""
    context = await browser.new_context(locale="en-GB", service_workers="block")
    context.set_default_timeout(60_000)
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    yield page
    await context.close()
    assert refused == []


async def sign_in(page: Page, name: str) -> None:
    await page.get_by_role("button", name=WITH_ACCOUNT).click()
    await expect(page.get_by_role("heading", name="Issuer of the mission")).to_be_visible()
    await page.get_by_role("link", name=name).click()


async def test_a_person_signs_in_and_out_at_the_issuer(page: Page, deployment: Deployment, issuer: Issuer) -> None:
    await page.goto(f"{deployment.origin}/alerts")
    await expect(page.get_by_label("API key")).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / "sign-in.png")
    await sign_in(page, "ann")
    await is_live(page)
    # Where the person was, and nothing of the sign-in in the address.
    assert page.url == f"{deployment.origin}/alerts"
    await expect(page.locator("header")).to_contain_text("Ann Ba, pages-oidc")
    await page.screenshot(path=SCREENSHOTS / "signed-in.png")
    token = await page.evaluate(TOKEN)
    assert token not in await page.evaluate("JSON.stringify({ ...localStorage })")
    await page.reload()
    await is_live(page)
    await page.get_by_role("button", name="Sign out").click()
    # The issuer sends the person back to the first page.
    await page.wait_for_url(f"{deployment.origin}/")
    await expect(page.get_by_label("API key")).to_be_visible()
    assert token not in await page.evaluate(KEPT)
    assert issuer.asked["logout"] == 1


async def test_a_token_is_renewed_and_the_picture_goes_on(page: Page, deployment: Deployment, issuer: Issuer) -> None:
    issuer.lifetime = 63
    try:
        await page.goto(deployment.origin)
        await sign_in(page, "ann")
        await is_live(page)
        first = await page.evaluate(TOKEN)
        async with asyncio.timeout(60):
            while await page.evaluate(TOKEN) == first:  # noqa: ASYNC110 - it changes in the browser
                await asyncio.sleep(0.2)
        await is_live(page)
        await page.reload()
        await is_live(page)
    finally:
        issuer.lifetime = 300


async def test_a_person_without_a_role_is_told_what_is_missing(page: Page, deployment: Deployment) -> None:
    await page.goto(deployment.origin)
    await sign_in(page, "ben")
    await expect(page.get_by_role("alert")).to_contain_text("Sign in again")
    await expect(page.get_by_label("API key")).to_be_visible()


async def test_an_issuer_that_is_away_leaves_the_key(page: Page, deployment: Deployment, issuer: Issuer) -> None:
    issuer.answers = False
    try:
        await page.goto(deployment.origin)
        await page.get_by_role("button", name=WITH_ACCOUNT).click()
        await expect(page.get_by_role("alert")).to_contain_text("does not answer")
    finally:
        issuer.answers = True
    await page.get_by_label("API key").fill(await deployment.platform.key("pages-oidc", Role.REPORTER))
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await is_live(page)


async def test_what_somebody_else_sent_back_signs_nobody_in(page: Page, deployment: Deployment) -> None:
    await page.goto(f"{deployment.origin}/signed-in?code=stolen&state=unknown")
    await expect(page.get_by_role("alert")).to_contain_text("You were not signed in")
    assert re.fullmatch(re.escape(deployment.origin) + "/", page.url)
    assert await page.evaluate(TOKEN) is None
