"""Every page of the dashboard, for what must hold on all of them. `router.ts` is compared with this list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Page as Window
from playwright.async_api import expect

WEB: Final = Path(__file__).parents[2] / "services/dashboard/web"
_ROUTES: Final = re.compile(r"^ {2}'([^']+)':", re.MULTILINE)
_MAP: Final = ".maplibregl-ctrl-scale"


@dataclass(frozen=True)
class Page:
    """`path`: with the ids of the scene. `shows`: what stands on it once its data has come, in any language.

    `presses` are opened one after the other, for what a page shows when it is asked. `has_map`: what waits for it.
    """

    name: str
    route: str
    path: str
    shows: str
    presses: tuple[str, ...] = ()
    has_map: bool = False
    signed_in: bool = True
    is_field: bool = False

    async def wait(self, window: Window) -> None:
        """Return when all that the page has is shown."""
        await expect(window.locator(self.shows).first).to_be_visible()
        for press in self.presses:
            await window.locator(press).first.click()
        if self.has_map:
            await expect(window.locator(_MAP).first).to_be_visible()
            await expect(window.locator("[role=status].wait")).to_have_count(0)


EVERY_PAGE: Final = (
    Page("now", "/", "/", ".changes li", has_map=True),
    Page("now-selected", "/", "/?incident={incident}", ".place dl", has_map=True),
    Page("now-duplicates", "/", "/?duplicates=open", ".changes details dl"),
    Page("now-texts", "/", "/?texts=open", ".changes details li strong"),
    Page("incident", "/incidents/:id", "/incidents/{incident}", "#duplicates ~ ul dl"),
    Page("incident-action", "/incidents/:id", "/incidents/{incident}", "article", (".row button",)),
    Page(
        "incident-merge",
        "/incidents/:id",
        "/incidents/{incident}?duplicate={duplicate}",
        "li figure ~ div button",
        ("li figure ~ div button",),
    ),
    Page("incident-photo", "/incidents/:id", "/incidents/{incident}", "#photos ~ ul img", ("#photos ~ ul button",)),
    Page("routes", "/routes", "/routes", "ol li"),
    Page(
        "route", "/routes/:id", "/routes/{route}", "#hazards ~ div table", ("h2#departure ~ button.main",), has_map=True
    ),
    Page("route-new", "/routes/new", "/routes/new", "form"),
    Page("route-redraw", "/routes/:id/redraw", "/routes/{route}/redraw", "form", has_map=True),
    Page("alerts", "/alerts", "/alerts", "main ul li"),
    Page("subscriptions", "/subscriptions", "/subscriptions", "tbody tr"),
    Page("subscription-new", "/subscriptions/new", "/subscriptions/new", "form", has_map=True),
    Page("subscription", "/subscriptions/:id", "/subscriptions/{subscription}", "h1", has_map=True),
    Page(
        "subscription-change", "/subscriptions/:id/change", "/subscriptions/{subscription}/change", "form", has_map=True
    ),
    Page("sources", "/sources", "/sources", "tbody tr"),
    Page("trends", "/trends", "/trends", ".chart svg"),
    Page("system", "/system", "/system", "main table"),
    Page("unknown", "*", "/nothing", "main h1"),
    Page("sign-in", "", "/", "#key", signed_in=False),
    Page("field", "", "/field", "button.main", is_field=True),
    Page("field-report", "", "/field?report=new", "form", is_field=True),
)


def routes() -> set[str]:
    """The addresses that the router knows."""
    return set(_ROUTES.findall((WEB / "src/router.ts").read_text()))
