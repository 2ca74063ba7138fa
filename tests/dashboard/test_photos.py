"""Photos of an incident on its page: shown to who sees the whole of it, added once, removed with a reason."""

from __future__ import annotations

import re
from typing import Final

import httpx
from playwright.async_api import FilePayload, Locator, Page, Request, Route, expect

from clearway_platform.auth.principals import Role
from clearway_testing.photos import photo

from .people import HERE, Keys, Person, report_of
from .windows import Windows

CAPTION: Final = "Culvert from the north"
SENT: Final = re.compile(r"/attachments\?caption=")


def section(page: Page) -> Locator:
    return page.get_by_role("region", name="Photos")


def chosen(seed: int = 1) -> FilePayload:
    return {"name": "road.jpg", "mimeType": "image/jpeg", "buffer": photo(width=400, height=300, seed=seed)}


async def add(page: Page, file: FilePayload, caption: str = CAPTION) -> None:
    await section(page).get_by_role("button", name="Add a photo").click()
    await section(page).get_by_label(re.compile("JPEG")).set_input_files(file)
    await section(page).get_by_label(re.compile("caption")).fill(caption)
    await section(page).get_by_role("button", name="Send the photo").click()


async def is_drawn(image: Locator) -> None:
    await expect(image).to_be_visible()
    assert await image.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0


async def test_one_is_added_opened_by_keyboard_and_removed_with_a_reason(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    verifier = await keys(Role.VERIFIER)
    person = Person(client, verifier)
    incident = await person.report("Tavok north")
    page = await window(verifier, f"/incidents/{incident}")
    await expect(section(page)).to_contain_text("There is none.")
    await add(page, chosen())
    await expect(section(page).get_by_role("status").filter(has_text="The photo is added.")).to_be_visible()
    await expect(section(page).locator("li")).to_contain_text(CAPTION)
    await expect(section(page).locator("li")).to_contain_text("Sent by you")
    small = section(page).get_by_role("button", name=f"Open large: {CAPTION}")
    await is_drawn(section(page).locator("li img"))

    await small.focus()
    await page.keyboard.press("Enter")
    large = page.get_by_role("dialog", name=CAPTION)
    await is_drawn(large.get_by_role("img", name=CAPTION))
    await page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(small).to_be_focused()

    await small.click()
    await large.get_by_role("button", name="Remove …").click()
    await expect(large).to_contain_text("cannot be brought back")
    final = large.get_by_role("button", name="Remove it for good")
    await expect(final).to_be_disabled()
    assert (await person.get(f"/v1/incidents/{incident}/attachments"))["items"][0]["removed"] is None
    await large.get_by_label("Why it is removed").fill("Shows a face")
    await final.click()
    await expect(section(page)).to_contain_text("A photo was removed by you: Shows a face")
    await expect(large).to_have_count(0)
    await expect(section(page).locator("img")).to_have_count(0)
    await expect(page.locator("article > header")).to_contain_text("Revision 1")


async def test_what_has_no_answer_is_sent_again_as_the_same_and_added_once(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    reporter = await keys(Role.REPORTER)
    person = Person(client, reporter)
    incident = await person.report()
    page = await window(reporter, f"/incidents/{incident}", errors="ERR_FAILED")
    seen: list[Request] = []

    async def cut(route: Route) -> None:
        seen.append(route.request)
        if len(seen) == 1:
            # The server has it, and its answer is lost.
            assert (await route.fetch()).status == 201
            await route.abort()
        else:
            await route.continue_()

    await page.route(SENT, cut)
    await add(page, chosen())
    await expect(section(page)).to_contain_text("No answer came, or the server failed.")
    await section(page).get_by_role("button", name="Send the photo").click()
    await expect(section(page)).to_contain_text("The photo is added.")
    assert len({await one.header_value("idempotency-key") for one in seen}) == 1
    assert len(seen) == 2
    assert len((await person.get(f"/v1/incidents/{incident}/attachments"))["items"]) == 1
    await section(page).get_by_role("button", name=f"Open large: {CAPTION}").click()
    await expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_visible()
    await expect(page.get_by_role("button", name="Remove …")).to_have_count(0)
    await page.keyboard.press("Escape")

    await add(page, chosen())
    await expect(section(page)).to_contain_text("The incident has this photo already.")


async def test_what_the_api_says_against_it_is_shown(keys: Keys, client: httpx.AsyncClient, window: Windows) -> None:
    reporter = await keys(Role.REPORTER)
    incident = await Person(client, reporter).report()
    page = await window(reporter, f"/incidents/{incident}", errors="422|409")
    await add(page, {"name": "road.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    await expect(section(page).get_by_role("alert")).to_contain_text(re.compile("JPEG, PNG or WebP"))
    await expect(section(page).get_by_role("button", name="Send the photo")).to_be_enabled()

    problem = {"title": "Conflict", "status": 409, "code": "conflict", "detail": "Photos are not kept here."}

    async def no_store(route: Route) -> None:
        await route.fulfill(status=409, json=problem, content_type="application/problem+json")

    await page.route(SENT, no_store)
    await section(page).get_by_role("button", name="Send the photo").click()
    await expect(section(page).get_by_role("alert")).to_contain_text("Photos are not kept here.")
    await expect(section(page).get_by_role("button", name="Send the photo")).to_have_count(0)


async def test_who_sees_it_reduced_sees_no_photos_and_a_failure_leaves_the_page(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    verifier, analyst = await keys(Role.VERIFIER), await keys(Role.ANALYST)
    person = Person(client, verifier)
    red = report_of("Tavok red", HERE) | {"sharing": {"tlp": "red"}}
    await person.send("POST", "/v1/incidents", red)
    hidden, incident = str(red["incident_id"]), await person.report("Tavok north")
    await person.attach(hidden, CAPTION)
    sent = await person.attach(incident, CAPTION)
    page = await window(analyst, f"/incidents/{hidden}", errors="404|500")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await expect(page.get_by_text("This incident is shown reduced")).to_be_visible()
    await expect(section(page)).to_have_count(0)
    assert not [url for url in asked if "attachments" in url]

    works = False

    async def fail(route: Route) -> None:
        await (route.continue_() if works else route.fulfill(status=500, body="{}", content_type="application/json"))

    await page.route(re.compile("attachments"), fail)
    await page.goto(f"{window.origin}/incidents/{incident}")
    await expect(section(page).get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    works = True
    await section(page).get_by_role("alert").get_by_role("button", name="Read again").click()
    await is_drawn(section(page).locator("img"))
    await expect(section(page)).to_contain_text(f"Sent by {sent['sent_by']}")
    await expect(section(page).get_by_role("button", name="Add a photo")).to_have_count(0)
    await expect(section(page).get_by_role("alert")).to_have_count(0)
