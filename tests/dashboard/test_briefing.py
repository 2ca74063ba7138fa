"""The check before departure on paper: one page of A4 that says what the patrol leader must know."""

from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from playwright.async_api import Page, expect
from pypdf import PdfReader

from .people import Person
from .scene import ROUTE, Scene
from .windows import Windows

A4_POINTS = (595.3, 841.9)


async def printed(page: Page) -> PdfReader:
    """What comes from the printer when the sheet of the departure check is printed."""
    # The browser's own dialogue waits for a person.
    await page.context.add_init_script("globalThis.print = () => (globalThis.dialogues = 1)")
    await page.get_by_role("button", name="Make the departure check").click()
    async with page.expect_popup() as opening:
        await page.get_by_role("button", name="Open and print the A4 page").click()
    sheet = await opening.value
    await sheet.wait_for_function("() => globalThis.dialogues === 1")
    return PdfReader(BytesIO(await sheet.pdf(prefer_css_page_size=True)))


async def test_the_departure_check_is_one_page_of_paper(
    scene: Scene, window: Windows, client: httpx.AsyncClient
) -> None:
    page = await window(scene.key, scene.address("/routes/{route}"))
    pdf = await printed(page)
    [paper] = pdf.pages
    assert (float(paper.mediabox.width), float(paper.mediabox.height)) == pytest.approx(A4_POINTS, abs=2)
    text = " ".join(paper.extract_text().split())
    assert ROUTE in text
    receipt = page.locator(".receipt code")
    await expect(receipt).to_have_count(2)
    briefing, checksum = await receipt.all_inner_texts()
    assert briefing in text
    assert checksum in text.replace(" ", "")
    stored = (await Person(client, scene.key).get(f"/v1/briefings/{briefing}"))["content"]
    places = [f"{hazard['km']:.1f}" for hazard in stored["known_hazards"]]
    assert len(places) >= 2
    assert [place for place in places if place not in text] == []
