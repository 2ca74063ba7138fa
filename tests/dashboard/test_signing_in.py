"""Who looks: a key by a link, by hand, refused, revoked; and what each role is offered."""

from playwright.async_api import expect

from clearway_platform.auth.principals import Role

from .people import Keys
from .windows import Windows


async def test_a_link_signs_in_and_its_key_is_in_no_address(keys: Keys, window: Windows) -> None:
    key = await keys(Role.SUBSCRIBER)
    page = await window(key, "/?span=7d")
    await expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    assert page.url == f"{window.origin}/?span=7d"
    assert await page.evaluate("history.length") == 2  # the empty page and this one: Back does not show the key
    assert key not in await page.evaluate("JSON.stringify([localStorage, document.documentElement.outerHTML])")
