"""axe-core finds no serious fault on any page: in light and dark, in English and French."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pytest
from playwright.async_api import Page as Window

from .every_page import EVERY_PAGE, WEB, Page, routes
from .scene import Scene
from .windows import Windows

AXE: Final = WEB / "node_modules/axe-core/axe.min.js"
SERIOUS: Final = ("serious", "critical")
# A page that changed its scheme is looked at when it is painted again.
RUN: Final = """async () => {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
  document.querySelectorAll('details').forEach((one) => (one.open = true))
  const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] })
  return { passed: passes.length, violations: violations.map(({ id, impact, nodes }) => ({
    id, impact, at: nodes.map(({ html, any, all, none }) =>
      `${html.slice(0, 200)}: ${[...any, ...all, ...none].map(({ message }) => message).join('; ')}`) })) }
}"""


@cache
def axe() -> str:
    return AXE.read_text()


async def faults(window: Window) -> list[dict[str, Any]]:
    """What axe finds that is serious."""
    await window.evaluate(axe())
    found = await window.evaluate(RUN)
    assert found["passed"] > 5, "axe looked at nothing"
    return [one for one in found["violations"] if one["impact"] in SERIOUS]


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
async def test_no_page_has_a_serious_fault(page: Page, language: str, scene: Scene, window: Windows) -> None:
    opened = await window(scene.key if page.signed_in else None, scene.address(page.path), language=language)
    await page.wait(opened)
    found = {"light": await faults(opened)}
    await opened.emulate_media(color_scheme="dark")
    found["dark"] = await faults(opened)
    assert found == {"light": [], "dark": []}


async def test_every_page_is_looked_at() -> None:
    """A page that the router knows is in the list, so that no test leaves it out."""
    assert routes() == {page.route for page in EVERY_PAGE} - {""}
