"""What may be one event is shown with its reasons, and merged by a person who may assess: never by itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

import httpx
from playwright.async_api import Locator, Page, Route, expect

from clearway_platform.auth.principals import Role

from .people import HERE, Keys, Person, report_of
from .seen import status_of
from .windows import Windows

NEAR: Final = (HERE[0] + 0.001, HERE[1] + 0.001)
FAR: Final = (HERE[0] + 1, HERE[1])
HURT: Final = [{"outcome": "injured", "low": 1, "best": 2, "high": 2}]
CIRCLE: Final = {"type": "circle", "center": {"type": "Point", "coordinates": list(HERE)}, "radius_m": 5000}


async def told_twice(person: Person) -> tuple[str, str]:
    """The ids of two reports of one event: the first one's, and a later one's that knows of two injured."""
    first = report_of("Tavok north", HERE, ago=timedelta(minutes=40))
    first["location"]["uncertainty_m"] = 200
    await person.send("POST", "/v1/incidents", first)
    return str(first["incident_id"]), await person.report("Tavok south", NEAR, casualties=HURT)


async def of_record(person: Person, incident: str) -> dict[str, Any]:
    """The incident itself: the address of a merged one leads to its survivor."""
    revisions = (await person.get(f"/v1/incidents/{incident}/revisions", with_incident="true", limit="1"))["items"]
    found: dict[str, Any] = revisions[0]["incident"]
    return found


def section(page: Page) -> Locator:
    return page.get_by_role("region", name="Possible duplicates")


async def decide(page: Page, decision: str, action: str) -> Locator:
    """The form of a decision, opened."""
    await section(page).get_by_role("button", name="Side by side").click()
    await section(page).get_by_role("button", name=decision).click()
    form = page.get_by_role("form", name=action)
    await expect(form).to_contain_text("What this causes:")
    return form


async def test_a_verifier_sees_why_and_merges_the_other_into_this_one(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    verifier = await keys(Role.VERIFIER)
    subscriber, person = Person(client, await keys(Role.SUBSCRIBER)), Person(client, verifier)
    asked = {"name": "Convoy north", "filter": {"area": CIRCLE}, "channel": {"type": "stream"}}
    await subscriber.send("POST", "/v1/subscriptions", asked)
    first, second = await told_twice(person)
    page = await window(verifier, f"/incidents/{first}")

    found = section(page)
    await expect(found).to_contain_text("Tavok south")
    await expect(found).to_contain_text(re.compile(r"Likeness \d\d of 100"))
    await expect(found).to_contain_text("157 m apart. The uncertainty of the two places, 200 m and 25 m, explains that")
    await expect(found).to_contain_text(re.compile(r"At least (38|39|40) minutes between the two times"))
    await expect(found).to_contain_text("Both: IED.")
    assert (await of_record(person, second))["status"] == "reported"

    form = await decide(page, "One event: this one stays", "Merge")
    assert f"duplicate={second}" in page.url
    differs = found.get_by_role("row").filter(has_text="≠")
    await expect(differs.filter(has_text="Place name")).to_contain_text("Tavok south")
    await expect(found.get_by_role("row").filter(has_text="Category")).not_to_contain_text("≠")
    await expect(found.get_by_role("img", name="Both places, to scale")).to_be_visible()
    await expect(form).to_contain_text("Stays: this one, IED, Active – Tavok north")
    await expect(form).to_contain_text("Becomes an alias of it: the other one, IED, Active – Tavok south")
    await expect(form).to_contain_text("1 subscription that was warned before gets the cancellation")

    send = form.get_by_role("button", name="Merge", exact=True)
    await send.click()
    await expect(form.locator(".wrong")).to_contain_text("Casualties")
    assert (await of_record(person, second))["status"] == "reported", "nobody chose whose casualties hold"
    await form.get_by_label(re.compile("Casualties")).select_option(label="Those of the one that becomes an alias")
    await send.click()
    await expect(found).to_contain_text("Merged.")
    await expect(found.locator("li")).to_have_count(0)
    assert (await of_record(person, second))["links"]["merged_into"] == first
    assert (await of_record(person, first))["casualties"][0]["best"] == 2


async def test_what_another_person_changed_meanwhile_is_shown_before_anything_is_merged(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    verifier = await keys(Role.VERIFIER)
    other = Person(client, await keys(Role.VERIFIER))
    first, second = await told_twice(other)
    page = await window(verifier, f"/incidents/{second}")
    form = await decide(page, "One event: the other one stays", "Merge")
    await form.get_by_label("Reason").fill("Same crater")
    await form.get_by_label(re.compile("Casualties")).select_option(label="Those of the one that stays")
    await other.change(second, "review", {})
    await expect(form.get_by_role("alert")).to_contain_text("Review started")
    send = form.get_by_role("button", name="Merge", exact=True)
    await expect(send).to_be_disabled()
    await form.get_by_role("button", name="Go on from revision 2").click()
    await expect(form.get_by_label("Reason")).to_have_value("Same crater")
    await send.click()
    await expect(status_of(page)).to_have_text("Merged")
    assert (await of_record(other, second))["links"]["merged_into"] == first


async def test_all_suggestions_are_found_on_the_page_now_and_two_events_are_not_suggested_again(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    verifier = await keys(Role.VERIFIER)
    person = Person(client, verifier)
    first, second = await told_twice(person)
    alone = await person.report("Tavok alone", FAR)
    page = await window(verifier)
    await page.get_by_text("Possible duplicates", exact=True).click()
    found = page.locator(".changes details").filter(has_text="Possible duplicates")
    await expect(found).to_contain_text("1 incident may have been reported before. All live incidents were looked at.")
    await found.get_by_role("link", name="Side by side").click()
    await page.wait_for_url(f"**/incidents/{second}?duplicate={first}")
    await section(page).get_by_role("button", name="Two events").click()
    form = page.get_by_role("form", name="Correct facts")
    await expect(form).to_contain_text("They are not suggested as one event again")
    await form.get_by_role("button", name="Correct facts").click()
    await expect(section(page)).to_contain_text("Noted as two events.")
    assert (await of_record(person, second))["links"]["related"] == [first]
    assert (await person.get(f"/v1/incidents/{first}/duplicates"))["items"] == []

    async with page.expect_response("**/duplicates") as answered:
        await page.goto(f"{window.origin}/incidents/{alone}")
    await (await answered.value).finished()
    await expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    await expect(section(page)).to_have_count(0)


async def test_who_may_not_assess_sees_them_and_who_can_merge(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    reporter = await keys(Role.REPORTER)
    first, second = await told_twice(Person(client, reporter))
    page = await window(reporter, f"/incidents/{first}?duplicate={second}")
    await expect(section(page)).to_contain_text("Verifiers and administrators of your mission can.")
    await expect(section(page).get_by_role("table")).to_be_visible()
    await expect(page.get_by_text("Are they one event?")).to_have_count(0)
    await page.goto(f"{window.origin}/")
    await expect(page.get_by_role("button", name="I have seen this")).to_be_visible()
    await expect(page.get_by_text("Possible duplicates")).to_have_count(0)


async def test_the_page_stands_when_the_suggestions_cannot_be_read(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    verifier = await keys(Role.VERIFIER)
    first, _ = await told_twice(Person(client, verifier))
    page = await window(verifier, errors="500")
    works = False

    async def fail(route: Route) -> None:
        await (route.continue_() if works else route.fulfill(status=500, body="{}", content_type="application/json"))

    await page.route("**/v1/incidents/*/duplicates", fail)
    await page.goto(f"{window.origin}/incidents/{first}")
    await expect(section(page).get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    await expect(page.get_by_role("button", name="Merge", exact=True)).to_be_visible()
    works = True
    await section(page).get_by_role("button", name="Read again").click()
    await expect(section(page)).to_contain_text("Tavok south")
    await expect(section(page).get_by_role("alert")).to_have_count(0)
