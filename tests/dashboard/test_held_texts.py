"""Texts that are withheld: a second person reads one, which is on record, and releases it or leaves it out."""

from __future__ import annotations

from typing import Any, Final

import httpx
from playwright.async_api import Locator, Page, Route, expect

from clearway_platform.auth.principals import Role

from .people import Keys, Person, withheld
from .windows import Windows

WITHHELD: Final = "withheld: under review"


def section(page: Page) -> Locator:
    return page.get_by_role("region", name="Texts under review")


async def opened(page: Page, text: str) -> None:
    await expect(section(page)).to_contain_text("The audit notes that you read it.")
    await section(page).get_by_role("button", name="Show the text").click()
    await expect(section(page).get_by_role("blockquote").first).to_have_text(text)


async def decide(page: Page, decision: str) -> Locator:
    """The form of a decision, opened."""
    await section(page).get_by_role("group", name="What becomes of it?").get_by_role("button", name=decision).click()
    return section(page).get_by_role("form", name=decision)


async def held(person: Person, *states: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for state in states:
        found += (await person.get("/v1/held-texts", state=state))["items"]
    return found


async def test_it_is_found_on_now_read_and_released_in_other_words(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    reporter, verifier = Person(client, await keys(Role.REPORTER)), await keys(Role.VERIFIER)
    incident = await reporter.report("Tavok north", narrative=withheld("x"))
    reader = Person(client, verifier)
    page = await window(verifier)
    await page.get_by_text("Texts under review", exact=True).click()
    listed = page.locator(".changes details").filter(has_text="Texts under review")
    await expect(listed).to_contain_text("1 text waits for a decision.")
    await expect(listed).to_contain_text("it tells somebody to make something")
    await expect(listed.locator("li")).not_to_contain_text("flurbium")
    await listed.get_by_role("link").click()
    await page.wait_for_url(f"**/incidents/{incident}")

    [one] = await held(reader, "open")
    await expect(section(page)).to_contain_text("Narrative")
    await expect(section(page)).to_contain_text(f"Sent by {one['sent_by']}")
    await expect(section(page)).to_contain_text("it tells somebody to make something")
    await opened(page, withheld("x"))
    form = await decide(page, "Release other words")
    send = form.get_by_role("button", name="Release other words")
    await expect(send).to_be_disabled()
    await form.get_by_label("The words that are put there").fill("Something was mixed there.")
    await send.click()
    await expect(section(page)).to_contain_text("Other words are put in its place.")
    await expect(page.locator(".narrative")).to_contain_text("Something was mixed there.")
    await expect(page.locator("article > header")).to_contain_text("Revision 2")
    await expect(section(page).locator("li")).to_have_count(0)
    await expect(page.get_by_role("button", name="I have seen this")).to_have_count(0)
    assert (await reader.get(f"/v1/incidents/{incident}"))["withheld"] == []

    await page.goto(f"{window.origin}/?texts=open")
    await expect(listed).to_contain_text("No text waits for a decision.")
    await expect(listed).to_contain_text("Released by you")


async def test_who_sent_it_is_told_that_another_person_decides_and_can_leave_it_out(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    verifier = await keys(Role.VERIFIER)
    person = Person(client, verifier)
    incident = await person.report("Tavok north", narrative=withheld("y"))
    page = await window(verifier, f"/incidents/{incident}")
    await expect(section(page)).to_contain_text("Sent by you")
    await opened(page, withheld("y"))
    await expect(section(page)).to_contain_text("Another person must decide whether it is released.")
    await expect(section(page).get_by_role("button", name="Release it as it is")).to_have_count(0)
    form = await decide(page, "Leave it out")
    send = form.get_by_role("button", name="Leave it out")
    await expect(send).to_be_disabled()
    assert len(await held(person, "open")) == 1
    await form.get_by_label("Why (required)").fill("Sent by mistake")
    await send.click()
    await expect(section(page)).to_contain_text("The text is left out.")
    await expect(page.locator(".narrative")).to_contain_text(WITHHELD)
    [removed] = await held(person, "removed")
    assert removed["reason"] == "Sent by mistake"


async def test_what_another_person_decided_meanwhile_is_shown_and_nothing_is_done_twice(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    reporter = Person(client, await keys(Role.REPORTER))
    verifier, other = await keys(Role.VERIFIER), Person(client, await keys(Role.VERIFIER))
    report = {"organisation": "Orvanta", "role": withheld("z"), "channel": "radio"}
    incident = await reporter.report("Tavok north", report=report)
    page = await window(verifier, f"/incidents/{incident}", errors="412")
    await expect(section(page)).to_contain_text("Role, in a report of Orvanta")
    await opened(page, withheld("z"))
    form = await decide(page, "Release it as it is")
    await expect(form).to_contain_text("Nobody is warned.")
    [one] = await held(other, "open")
    await other.send("POST", f"/v1/held-texts/{one['held_id']}/remove", {"reason": "Not a role"}, '"1"')
    await form.get_by_role("button", name="Release it as it is").click()
    await expect(section(page).get_by_role("alert")).to_be_visible()
    await expect(section(page)).to_contain_text("another person decided meanwhile")
    await expect(section(page)).to_contain_text("Left out for good by")
    await expect(section(page)).to_contain_text("Not a role")
    await expect(section(page).get_by_role("group", name="What becomes of it?")).to_have_count(0)
    assert await held(other, "released", "open") == []


async def test_others_do_not_see_them_and_a_failure_leaves_the_page(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    reporter, verifier = await keys(Role.REPORTER), await keys(Role.VERIFIER)
    incident = await Person(client, reporter).report("Tavok north", narrative=withheld("v"))
    page = await window(reporter, f"/incidents/{incident}")
    await expect(page.locator(".narrative")).to_contain_text(WITHHELD)
    await expect(section(page)).to_have_count(0)
    await page.goto(f"{window.origin}/")
    await expect(page.get_by_role("button", name="I have seen this")).to_be_visible()
    await expect(page.get_by_text("Texts under review")).to_have_count(0)

    page = await window(verifier, errors="500")
    works = False

    async def fail(route: Route) -> None:
        await (route.continue_() if works else route.fulfill(status=500, body="{}", content_type="application/json"))

    await page.route("**/v1/held-texts?*", fail)
    await page.goto(f"{window.origin}/incidents/{incident}")
    await expect(section(page).get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    works = True
    await section(page).get_by_role("button", name="Read again").click()
    await opened(page, withheld("v"))
    form = await decide(page, "Release it as it is")
    await form.get_by_role("button", name="Release it as it is").click()
    await expect(page.locator(".narrative")).to_contain_text(withheld("v"))
    await expect(section(page)).to_contain_text("The text is released as it is.")
