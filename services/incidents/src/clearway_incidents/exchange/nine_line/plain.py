"""Text as the readers of a nine-line report match it."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """In capitals, without accents and typographic forms, each character where it was."""
    return text if text.isascii() and text == text.upper() else "".join(map(_plain, text))


def _plain(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    # A half is not a one.
    base = parts[0].upper() if all(map(unicodedata.combining, parts[1:])) else character
    return {"’": "'", "′": "'", "″": '"', "”": '"', "“": '"', "–": "-", "—": "-", "−": "-", "º": "°"}.get(
        character, base if len(base) == 1 else character
    )
