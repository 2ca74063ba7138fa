"""Digits and letters as they are spelled on the radio: "three zero Quebec Victor Delta" is 30QVD."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DIGITS: Final = {
    word: str(digit)
    for digit, words in enumerate(
        (
            ("ZERO",),
            ("ONE", "UN", "UNE", "UNITE"),
            ("TWO", "DEUX"),
            ("THREE", "TREE", "TROIS"),
            ("FOUR", "FOWER", "QUATRE"),
            ("FIVE", "FIFE", "CINQ"),
            ("SIX",),
            ("SEVEN", "SEPT"),
            ("EIGHT", "AIT", "HUIT"),
            ("NINE", "NINER", "NEUF"),
        )
    )
    for word in words
}
_ALPHABET: Final = (
    "ALFA|ALPHA|BRAVO|CHARLIE|DELTA|ECHO|FOXTROT|GOLF|HOTEL|INDIA|JULIET|JULIETT|KILO|LIMA|MIKE|NOVEMBER|OSCAR|PAPA|"
    "QUEBEC|ROMEO|SIERRA|TANGO|UNIFORM|VICTOR|WHISKEY|WHISKY|X-RAY|XRAY|YANKEE|ZULU|ZOULOU"
)
_LETTERS: Final = {word: word[0] for word in _ALPHABET.split("|")}
_SIGNS: Final = {"DECIMAL": ".", "POINT": ".", "VIRGULE": "."}
_SPELLED: Final = DIGITS | _LETTERS | _SIGNS
_WORD: Final = rf"(?:{'|'.join(sorted(_SPELLED, key=len, reverse=True))})"
# One alone is a word: "convoy Lima", "2 November". What is spelled has two or more.
_RUN: Final = re.compile(rf"(?<![A-Z0-9]){_WORD}(?:[\s,-]{{1,8}}{_WORD}){{1,60}}(?![A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Written:
    """A text with what was spelled in it written out, and where each of its characters was spoken."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def spoken(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text as it was spoken, for a span (not empty) of it as it is written out."""
        return self.starts[start], self.ends[end - 1]


def written(text: str) -> Written:
    """Write out what is spelled in a text that is `plain`."""
    characters: list[tuple[str, int, int]] = []
    at = 0
    for run in _RUN.finditer(text):
        characters += ((text[index], index, index + 1) for index in range(at, run.start()))
        characters += (
            (_SPELLED[word[0]], run.start() + word.start(), run.start() + word.end())
            for word in re.finditer(_WORD, run[0])
        )
        at = run.end()
    characters += ((text[index], index, index + 1) for index in range(at, len(text)))
    return Written(
        "".join(character for character, _, _ in characters),
        tuple(start for _, start, _ in characters),
        tuple(end for _, _, end in characters),
    )
