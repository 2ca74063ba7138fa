"""Windows on the dashboard, each of a person with a key, and what their browser says while they are open."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

# For a loaded machine: nothing waits longer than what it waits for.
PATIENCE_MS = 60_000
VIEWPORT = (1280, 800)
# A browser breaks off what it loads when an interface of the machine comes or goes: containers that start beside.
DISTURBED = "net::ERR_NETWORK_CHANGED"
ATTEMPTS = 5
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Opened:
    """One window and what is known against it. `allowed`: the errors that its test expects, as a pattern."""

    context: BrowserContext
    page: Page
    allowed: re.Pattern[str] | None
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def heard(self, message: ConsoleMessage) -> None:
        """What the Content-Security-Policy refuses is an error of the console as well."""
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def thrown(self, error: object) -> None:
        self.errors.append(f"thrown: {error}")

    def asked(self, request: Request) -> None:
        host = urlsplit(request.url).netloc
        if host:
            self.hosts.add(host)

    def note(self, file: Path) -> None:
        file.write_text("\n".join((self.page.url, *self.errors)))

    @property
    def unexpected(self) -> list[str]:
        said = [error for error in self.errors if DISTURBED not in error]
        return [error for error in said if self.allowed is None or not self.allowed.search(error)]

    @property
    def is_disturbed(self) -> bool:
        return any(DISTURBED in error for error in self.errors)

    async def go(self, address: str) -> None:
        """Load the page, again where the machine broke it off."""
        for _ in range(ATTEMPTS):
            await self.page.goto(address)
            if not self.is_disturbed:
                return
            self.errors.clear()
            await self.page.goto("about:blank")
        raise AssertionError("the network of this machine does not rest")


class Windows:
    """Opens windows on one address; `close` says what was wrong in them."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.origin = origin
        self._browser = browser
        self._opened: list[Opened] = []

    async def __call__(
        self,
        key: str | None,
        path: str = "/",
        *,
        errors: str | None = None,
        language: str = "en-GB",
        dark: bool = False,
        size: tuple[int, int] = VIEWPORT,
        shared_worker: bool = True,
        service_worker: bool = False,
    ) -> Page:
        """A page in a context of its own (no other window's storage), signed in by the fragment of its address.

        `errors`: a pattern of what its console may say. `shared_worker`: whether the browser has one; what it asks for
        is outside the page, where neither `set_offline` reaches nor its requests are seen. `service_worker`: whether
        the field page may have its own.
        """
        width, height = size
        context = await self._browser.new_context(
            locale=language,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            service_workers="allow" if service_worker else "block",
        )
        context.set_default_timeout(PATIENCE_MS)
        if not shared_worker:
            await context.add_init_script("delete globalThis.SharedWorker")
        page = await context.new_page()
        opened = self._watch(context, page, errors)
        context.on("request", opened.asked)
        await opened.go(f"{self.origin}{path}" + (f"#key={key}" if key else ""))
        return page

    async def again(self, page: Page, *, errors: str | None = None) -> Page:
        """Close the page, and open its address in another one of the same browser, as it has it.

        What the first one complained of still counts, and so do the requests of both.
        """
        address = page.url
        await page.close()
        opened = await page.context.new_page()
        self._watch(page.context, opened, errors)
        await opened.goto(address)
        return opened

    def _watch(self, context: BrowserContext, page: Page, errors: str | None) -> Opened:
        opened = Opened(context, page, re.compile(errors) if errors else None)
        self._opened.append(opened)
        page.on("console", opened.heard)
        page.on("pageerror", opened.thrown)
        return opened

    async def photograph(self, folder: Path, name: str) -> None:
        """What each window shows and has said, for the reader of a failure."""
        for number, opened in enumerate(one for one in self._opened if not one.page.is_closed()):
            await opened.page.screenshot(path=folder / f"{name}-{number}.png")
            opened.note(folder / f"{name}-{number}.txt")

    async def close(self) -> None:
        """Close all of them. Raises AssertionError for an error of a console, or a request that left the platform."""
        own = urlsplit(self.origin).netloc
        for opened in self._opened:
            await opened.context.close()
        errors = [error for opened in self._opened for error in opened.unexpected]
        assert not errors, errors
        strangers = {host for opened in self._opened for host in opened.hosts} - {own}
        assert not strangers, strangers
