"""From an area drawn on the map to its first alert, and to the person who took note of it."""

import httpx
from playwright.async_api import Page, expect

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id

from .people import HERE, Keys, Person
from .seen import alert_card, is_live
from .windows import Windows

EARLIER, PLACE, ELSEWHERE = "Kilometre 40", "Kilometre 41", "Another valley"
FAR = (HERE[0] + 3, HERE[1])
EDGE_PIXELS = 90


async def test_a_subscription_is_drawn_and_its_first_alert_acknowledged(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    operator_key = await keys(Role.OPERATOR)
    operator = Person(client, operator_key)
    # The map of a new subscription begins where the routes of the mission are.
    line = {"type": "LineString", "coordinates": [[HERE[0] - 0.1, HERE[1]], [HERE[0] + 0.1, HERE[1]]]}
    await operator.send("PUT", f"/v1/routes/{new_id()}", {"name": "North road", "line": line})
    await operator.report(EARLIER)
    await operator.report(ELSEWHERE, at=FAR)

    page = await window(operator_key, "/subscriptions/new")
    other = await window(await keys(Role.SUBSCRIBER), "/alerts")
    await is_live(other)
    dry_run = page.get_by_role("region", name="What this would send")
    await expect(dry_run).to_contain_text("Once the area is drawn")
    await draw_circle(page)
    await expect(dry_run).to_contain_text("In the last 30 days this would have sent 1 alert.")
    await expect(dry_run).to_contain_text("1 hazard stands inside now")
    await page.get_by_label("Name", exact=True).fill("North road, both sides")
    await page.get_by_label("Stream", exact=True).check()
    await page.get_by_role("button", name="Make the subscription").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("North road, both sides")

    await page.get_by_role("navigation", name="Clearway").get_by_role("link", name="Alerts").click()
    await operator.report(ELSEWHERE, at=FAR)
    await operator.report(PLACE)
    for looking in (page, other):
        await expect(alert_card(looking, PLACE)).to_contain_text("North road, both sides")
        await expect(alert_card(looking, EARLIER)).to_be_visible()
        await expect(alert_card(looking, ELSEWHERE)).to_have_count(0)
    await alert_card(page, PLACE).get_by_role("button", name="Acknowledge").click()
    await expect(alert_card(page, PLACE)).to_contain_text("Acknowledged by you")
    await expect(alert_card(other, PLACE)).to_contain_text(f"Acknowledged by {operator_key.split('_')[1]}")
    for looking in (page, other):
        await expect(alert_card(looking, PLACE).get_by_role("button", name="Acknowledge")).to_have_count(0)
        await expect(looking.get_by_role("heading", name="1 alert to acknowledge")).to_be_visible()
        await expect(looking.get_by_role("heading", name="Acknowledged (1)")).to_be_visible()


async def draw_circle(page: Page) -> None:
    """With the mouse: its centre in the middle of the map, then a point of its edge."""
    canvas = page.locator("canvas.maplibregl-canvas")
    await expect(canvas).to_have_css("cursor", "crosshair")
    await canvas.scroll_into_view_if_needed()
    box = await canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y, steps=3)
    await page.mouse.click(x, y)
    await page.mouse.move(x + EDGE_PIXELS, y, steps=5)
    await page.mouse.click(x + EDGE_PIXELS, y)
    await expect(page.get_by_role("button", name="Draw anew")).to_be_visible()
