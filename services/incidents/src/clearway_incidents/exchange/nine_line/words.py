"""The phrases of a nine-line report, in English and French, and the facts that they state.

A phrase is matched by its words, whatever their number and gender, and whatever small words stand between them. Of two
phrases at one place the longer one counts. A negation before a phrase takes it back, and what makes a hazard less is
taken back by any doubt: "will be cleared" clears nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clearway_incidents.exchange.nine_line.phrases import PHRASES, Fact, is_less

_WORD: Final = re.compile(r"[A-Z0-9]+")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# They stand between the words of a phrase, and state nothing.
FILLERS: Final = _words(
    "A AN AND ARE AT AU AUX BE BEEN BY D DE DES DU EN EST ET ETE FOR HAS HAVE IN IS IT L LA LE LES OF ON OR OU SON "
    "SONT SUR THE WAS WERE"
)
_NEGATIONS: Final = _words("AUCUN AUCUNE NEITHER NIL NO NON NOR NOT PAS SANS WITHOUT")
_DOUBTS: Final = _NEGATIONS | _words(
    "AFTER AVANT BEFORE CANNOT CANT COULD DEMANDE DEVRA DOIT IF JUSQU LIKELY MAY MIGHT MUST NEED NEEDS NE NEVER PEUT "
    "PENDING PERHAPS POSSIBLE POSSIBLY PROBABLE PROBABLY QUAND REQUEST REQUESTED REQUESTING SERA SERONT SHOULD SI TO "
    "UNABLE UNTIL WAITING WHEN WILL"
)
_DOUBTED_WITHIN: Final = 5
# So many small words at most stand between the others.
_MOST_BETWEEN: Final = 4
_LONGEST_AS_IS: Final = 3
_NUMBERED: Final = re.compile(r"(?<=[A-Z]{2})[0-9]+$")


_Phrases = list[tuple[tuple[str, ...], StrEnum]]


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact, and the span of the text that stated it."""

    fact: Fact
    value: StrEnum
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Word:
    word: str
    stem: str
    start: int
    end: int


def stated(text: str, facts: Sequence[Fact]) -> list[Stated]:
    """What a text that is `plain` states of these facts, in its order."""
    words = [_Word(match[0], _stem(match[0]), *match.span()) for match in _WORD.finditer(text)]
    found = [one for fact in facts for one in _of_fact(text, words, fact)]
    return sorted(found, key=lambda one: (one.start, -one.end))


def _of_fact(text: str, words: Sequence[_Word], fact: Fact) -> Iterator[Stated]:
    at = 0
    while at < len(words):
        end, value = _longest(text, words, at, _STEMS[fact])
        if value is None:
            at += 1
            continue
        if not _taken_back(text, words, at, value):
            yield Stated(fact, value, words[at].start, words[end - 1].end)
        at = end


def _longest(text: str, words: Sequence[_Word], at: int, phrases: Mapping[str, _Phrases]) -> tuple[int, StrEnum | None]:
    """Where the longest phrase ends that begins with the word at `at`, and what it states."""
    best: tuple[int, StrEnum | None] = (at, None)
    for stems, value in phrases.get(words[at].stem, ()):
        end = _end_of(text, words, at, stems)
        if end > best[0]:
            best = (end, value)
    return best


def _end_of(text: str, words: Sequence[_Word], at: int, stems: Sequence[str]) -> int:
    """Where a phrase ends that begins with the word at `at`; `at` where it is not there."""
    found = 0
    for index in range(at, min(at + len(stems) + _MOST_BETWEEN, len(words))):
        if index > at and _ends_between(text, words[index - 1], words[index]):
            return at
        if words[index].stem == stems[found]:
            found += 1
            if found == len(stems):
                return index + 1
        elif words[index].word not in FILLERS:
            return at
    return at


def _taken_back(text: str, words: Sequence[_Word], at: int, value: StrEnum) -> bool:
    doubts, within = (_DOUBTS, _DOUBTED_WITHIN) if is_less(value) else (_NEGATIONS, 1)
    for index in range(at - 1, max(at - 1 - within - _MOST_BETWEEN, -1), -1):
        if _ends_between(text, words[index], words[index + 1]):
            return False
        if words[index].word in doubts:
            return True
        within -= words[index].word not in FILLERS
        if within == 0:
            return False
    return False


def _ends_between(text: str, word: _Word, following: _Word) -> bool:
    """A sentence or a part of a list ends there. A hyphen, an apostrophe or a point in an abbreviation does not."""
    between = text[word.end : following.start]
    return any(mark in between for mark in ",;:!?\n") or bool(re.search(r"\.\s", between))


def _stem(word: str) -> str:
    """A word without its ending of number and gender; "RN33" is a RN. A short word is its own."""
    word = _NUMBERED.sub("", word)
    return word if len(word) <= _LONGEST_AS_IS else word.removesuffix("S").rstrip("E") + "~"


def _by_first_stem(values: Mapping[StrEnum, str]) -> dict[str, _Phrases]:
    made: dict[str, _Phrases] = {}
    for value, phrases in values.items():
        for phrase in phrases.split("|"):
            stems = tuple(_stem(word) for word in _WORD.findall(phrase) if word not in FILLERS)
            made.setdefault(stems[0], []).append((stems, value))
    return made


_STEMS: Final = {fact: _by_first_stem(values) for fact, values in PHRASES.items()}
