"""Two persons look at the same mission: what one does, the other sees without doing anything."""

import re

import httpx
import pytest
from playwright.async_api import Page, expect

from clearway_platform.auth.principals import Role

from .deployment import Deployment
from .people import HERE, Keys, Person
from .seen import alert_card, is_live, listed, map_total, status_of
from .windows import Windows

PLACE = "Kilometre 41"
CIRCLE = {
    "type": "circle",
    "center": {"type": "Point", "coordinates": list(HERE)},
    "radius_m": 5000,
}


@pytest.fixture(params=["embedded", pytest.param("distributed", marks=[pytest.mark.kafka, pytest.mark.postgres])])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    """The same story on one process, and on one for each service with Kafka and PostgreSQL behind the edge."""
    found: Deployment = request.getfixturevalue(request.param)
    return found


async def test_a_report_is_seen_in_both_windows_and_its_end_too(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    """Posted, verified by the page in one window, retracted in it: the other window and the subscriber see each."""
    reporter = Person(client, await keys(Role.REPORTER))
    subscriber_key = await keys(Role.SUBSCRIBER)
    subscriber = Person(client, subscriber_key)
    await subscriber.send(
        "POST",
        "/v1/subscriptions",
        {"name": "Convoy north", "filter": {"area": CIRCLE}, "channel": {"type": "stream"}},
    )
    verifier = await window(await keys(Role.VERIFIER))
    other = await window(subscriber_key)
    alerts = await window(subscriber_key, "/alerts")
    for page in (verifier, other, alerts):
        await is_live(page)
    await expect(map_total(other)).to_contain_text("No incident")

    incident = await reporter.report(PLACE)
    for page in (verifier, other):
        await expect(listed(page, PLACE)).to_contain_text("Reported")
        await expect(map_total(page)).to_contain_text("1 incident")
    await expect(listed(other, PLACE)).to_contain_text("Convoy north: alert sent")
    await expect(alert_card(alerts, PLACE)).to_contain_text("Convoy north")

    second = Person(client, await keys(Role.VERIFIER))
    await second.change(incident, "review", {})
    await second.change(incident, "grade", {"source_reliability": "B", "info_credibility": 2})
    await listed(verifier, PLACE).get_by_role("link").first.click()
    await expect(status_of(verifier)).to_have_text("Under review")
    await do(verifier, "Verify", "1 subscription was warned before")
    await expect(status_of(verifier)).to_have_text("Verified")
    await expect(listed(other, PLACE)).to_contain_text("Verified")

    await do(verifier, "Retract", "1 subscription that was warned before gets the cancellation", reason="False report")
    await expect(status_of(verifier)).to_have_text("Retracted")
    await expect(listed(other, PLACE)).to_contain_text("Retracted")
    await expect(other.get_by_role("heading", name="Ended")).to_be_visible()
    await expect(listed(other, PLACE)).to_contain_text("Convoy north: alert cancelled")
    await expect(alert_card(alerts, PLACE)).to_have_count(1)
    await expect(alert_card(alerts, PLACE)).to_contain_text("Cancelled")


async def do(page: Page, action: str, consequence: str, reason: str | None = None) -> None:
    """Take an action of the page, once it has said what it will cause."""
    await page.get_by_role("button", name=action, exact=True).click()
    form = page.get_by_role("form", name=action)
    await expect(form).to_contain_text("What this causes:")
    await expect(form).to_contain_text(consequence)
    if reason:
        await form.get_by_label(re.compile("reason", re.I)).first.select_option(label=reason)
    await form.get_by_role("button", name=action, exact=True).click()
    await expect(page.get_by_text(f"Done: {action}")).to_be_visible()
