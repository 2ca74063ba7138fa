"""In French no page says anything in English; the language is kept, and the page says which it is."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Final

import pytest
from playwright.async_api import Page as Window
from playwright.async_api import expect

from .every_page import EVERY_PAGE, WEB, Page
from .scene import Scene
from .windows import Windows

WORDS: Final = WEB / "src/words"
# Words of English that no French text has: they find what stands in a page and in no file of texts.
ENGLISH: Final = re.compile(
    r"\b(the|and|of|with|this|that|from|for|is|are|was|has|been|your|not|by|to)\b", re.IGNORECASE
)
# A value of the API that has no text of its own.
UNSPOKEN: Final = re.compile(r"\b[a-z]+_[a-z_]+\b")
# What is typed as it stands, in every language.
COMMAND: Final = re.compile(r"\bclearway keys .*")
# What is read by people and by their screen readers. Not what says of itself that it is in English, and no code.
TEXTS: Final = """() => {
  document.querySelectorAll('details').forEach((one) => (one.open = true))
  const outside = (element) => !element || element.closest('[lang=en], script, style, code, pre') !== null
  const found = [document.title]
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) if (!outside(walker.currentNode.parentElement)) found.push(walker.currentNode.data)
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const one of document.querySelectorAll(`[${name}]`)) if (!outside(one)) found.push(one.getAttribute(name))
  return found.map((text) => text.replace(/\\s+/g, ' ').trim()).filter((text) => text !== '')
}"""


def texts_of(language: str) -> dict[str, str]:
    files = [json.loads(file.read_text()) for file in sorted(WORDS.glob(f"*{language}.json"))]
    return {word: text for file in files for word, text in file.items()}


@cache
def untranslated() -> re.Pattern[str]:
    """Finds a text of en.json, or a long part of one that has values. What French texts say as well is left out."""
    english, french = texts_of("en"), texts_of("fr")
    parts = {part for word, text in english.items() if text != french[word] for part in plain_parts(text)}
    spoken = "\n".join(french.values()).casefold()
    known = sorted((part for part in parts if part.casefold() not in spoken), key=len, reverse=True)
    assert len(known) > 500
    return re.compile(r"(?<!\w)(" + "|".join(map(re.escape, known)) + r")(?!\w)")


def plain_parts(message: str) -> list[str]:
    """The parts of an ICU message that stand outside of its values; of these, those that are more than a word."""
    parts, depth, part = [], 0, ""
    for sign in message:
        if sign == "{":
            depth += 1
            parts.append(part)
            part = ""
        elif sign == "}":
            depth -= 1
        elif depth == 0:
            part += sign
    whole = [part.strip() for part in (*parts, part)]
    return [one for one in whole if len(one) >= 4 and (one == message.strip() or " " in one)]


async def in_english(window: Window) -> list[str]:
    """The texts of the page that are not French."""
    texts = await window.evaluate(TEXTS)
    assert len(texts) > 3, "the page says nothing"
    checks = (untranslated(), ENGLISH, UNSPOKEN)
    said = [COMMAND.sub("", text) for text in texts]
    return [text for text in said if any(check.search(text) for check in checks)]


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
async def test_in_french_no_page_says_anything_in_english(page: Page, scene: Scene, window: Windows) -> None:
    opened = await window(scene.key if page.signed_in else None, scene.address(page.path), language="fr-FR")
    await page.wait(opened)
    await expect(opened.locator("html")).to_have_attribute("lang", "fr")
    assert await in_english(opened) == []


@pytest.mark.parametrize("path", ["/routes", "/field"])
async def test_the_language_that_was_chosen_is_kept(path: str, scene: Scene, window: Windows) -> None:
    opened = await window(scene.key, path)
    await expect(opened.locator("html")).to_have_attribute("lang", "en")
    await opened.get_by_role("button", name="Français").click()
    await expect(opened.locator("html")).to_have_attribute("lang", "fr")
    await opened.wait_for_function("() => document.querySelector('header a, nav a') !== null")
    assert await in_english(opened) == []
    await opened.reload()
    await expect(opened.get_by_role("button", name="English")).to_be_visible()
    await expect(opened.locator("html")).to_have_attribute("lang", "fr")
    await opened.get_by_role("button", name="English").click()
    await expect(opened.locator("html")).to_have_attribute("lang", "en")


async def test_english_is_found_where_it_stands(scene: Scene, window: Windows) -> None:
    """The test above can fail: the same pages in English have much of it."""
    opened = await window(scene.key, scene.address("/routes/{route}"))
    await expect(opened.locator("#hazards ~ div table").first).to_be_visible()
    await opened.evaluate("document.documentElement.lang = ''")
    texts = [text for text in await opened.evaluate(TEXTS) if untranslated().search(text)]
    assert "Known hazards" in texts
