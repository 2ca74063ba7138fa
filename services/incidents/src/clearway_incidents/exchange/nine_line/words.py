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

from clearway_contracts.vocabulary import Outcome, ProtectiveMeasure
from clearway_incidents.exchange.nine_line.phrases import PHRASES, Fact, is_less

# "E.O.D." is one word.
_WORD: Final = re.compile(r"(?<![A-Z0-9])(?:[A-Z]\.){1,8}[A-Z](?![A-Z0-9])|[A-Z0-9]+")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# They stand between the words of a phrase, and state nothing.
FILLERS: Final = _words(
    "A AN AND ARE AT AU AUX BE BEEN BY D DE DES DU EN EST ET ETE FOR HAS HAVE IN IS IT L LA LE LES OF ON OR OU SON "
    "SONT SUR THE WAS WERE"
)
# They stand there too, where no phrase names them.
_BETWEEN: Final = FILLERS | _words("COMPLETELY ENCORE NOW REMAINS RESTE STILL TOUJOURS YET")
_NEGATIONS: Final = _words("AUCUN AUCUNE NEITHER NIL NO NON NOR NOT PAS SANS WITHOUT")
_DOUBTS: Final = _NEGATIONS | _words(
    "ACCORDING AFTER ALLEGEDLY ALMOST APPAREMMENT APPARENTLY APRES AVANT BEFORE BEING CANNOT CANT CLAIM CLAIMED COULD "
    "COURS DEMANDE DEVRA DEVRAIT DEVRONT DOIT ETRE HALF IF JUSQU LIKELY MAY MAYBE MIGHT MUST NE NEARLY NEED NEEDS "
    "NEVER ONCE PARTIALLY PARTIELLEMENT PARTLY PENDING PERHAPS PEUT PLANNED POSSIBLE POSSIBLEMENT POSSIBLY POURRAIT "
    "PRESQUE PREVU PROBABLE PROBABLEMENT PROBABLY QUAND REPORTEDLY REQUEST REQUESTED REQUESTING SELON SERA SERAIT "
    "SERONT SHOULD SI TO TRAIN TRYING UNABLE UNTIL WAITING WHEN WILL WOULD"
)
# Behind what makes a hazard less they take it back too: "cleared, to be confirmed", "cleared tomorrow".
_DOUBTS_BEHIND: Final = _words(
    "BIENTOT CONFIRM CONFIRMATION CONFIRMER DEMAIN ENCORE FAR IF INSTANT LATER LIKELY LORSQUE MAYBE MOMENT ONCE "
    "PARTIALLY PARTIELLEMENT PARTLY PENDING PERHAPS POSSIBLEMENT POSSIBLY PROBABLEMENT PROBABLY QUAND SI SOON "
    "TOMORROW UNCONFIRMED UNLESS UNTIL VERIFIER VERIFY WHEN YET"
)
_SURE: Final = _words("ALL CERTAIN COMPLETE COMPLETELY CONFIRME CONFIRMED ENCORE SUR SURE TOUT VERIFIE VERIFIED YET")
# What is cleared of people, or of itself: "village cleared of civilians", "the convoy is cleared to move".
_CLEARED_OTHERWISE: Final = _words(
    "BRIDGE CIVILIANS CIVILS CONVOI CONVOY HOUSE HOUSES PATROL PEOPLE TO TRAFFIC TRUCK TRUCKS VEHICLE VEHICLES VILLAGE"
)
# Vehicles are destroyed and attackers neutralised too: beside these words it is the ordnance only where the word next
# to them names it, or is one of those below.
_DESTROYED: Final = _words("DESTROYED~ DETRUIT~ NEUTRALIS~ NEUTRALISED~ NEUTRALIZED~")
_DESTROYED_AS_ORDNANCE: Final = _words(
    "ALL ALSO AVEC BOTH BUT BY CLEARED DEVICE DEVICES ENGIN ENGINS EOD FOUND HAVING HIER IT ITEM ITEMS MAIS MARKED "
    "MUNITION MUNITIONS NEDEX OBJECT OBJECTS OBJET OBJETS ONE ORDNANCE PAR PUIS SAFELY SUCCESSFULLY THEN THEY TODAY "
    "TOUS TOUTES TROUVE TROUVEE WE WITH YESTERDAY"
)
_ARTICLES: Final = _words("A AN D DE DES DU L LA LE LES OF ONE THE TWO UN UNE DEUX")
_DOUBTED_WITHIN: Final = 5
# So many small words at most stand between the others.
_MOST_BETWEEN: Final = 4
_LONGEST_AS_IS: Final = 3
_ENDS_A_SENTENCE: Final = re.compile(r"\.\s")
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
    words = [_Word(word := match[0].replace(".", ""), _stem(word), *match.span()) for match in _WORD.finditer(text)]
    found = [one for fact in facts for one in _of_fact(text, words, fact)]
    return sorted(found, key=lambda one: (one.start, -one.end))


def _of_fact(text: str, words: Sequence[_Word], fact: Fact) -> Iterator[Stated]:
    at = 0
    while at < len(words):
        end, value = _longest(text, words, at, _STEMS[fact])
        if value is None:
            at += 1
            continue
        is_taken_back = _taken_back(text, words, at, value) or _taken_back_behind(text, words, end, value)
        if value is Outcome.FOUND_CLEARED:
            is_taken_back = is_taken_back or _is_of_something_else(text, words, at, end)
        if not is_taken_back:
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
        elif words[index].word not in _BETWEEN:
            return at
    return at


def _taken_back(text: str, words: Sequence[_Word], at: int, value: StrEnum) -> bool:
    doubts, within = (_DOUBTS, _DOUBTED_WITHIN) if is_less(value) else (_NEGATIONS, 1)
    for index in range(at - 1, max(at - 1 - within - _MOST_BETWEEN, -1), -1):
        if _ends_between(text, words[index], words[index + 1]):
            return False
        if words[index].word in doubts:
            return True
        within -= words[index].word not in _BETWEEN
        if within == 0:
            return False
    return False


def _taken_back_behind(text: str, words: Sequence[_Word], end: int, value: StrEnum) -> bool:
    before, following = words[end - 1], words[end : end + _DOUBTED_WITHIN]
    if isinstance(value, ProtectiveMeasure):
        # "EOD not requested". A comma ends it: "cordon, not marked".
        return bool(following) and following[0].word in _NEGATIONS and not _ends_between(text, before, following[0])
    if not is_less(value):
        return False
    if following and following[0].word in _NEGATIONS and not text[before.end : following[0].start].strip(" :=-"):
        # "Cleared: no".
        return True
    for at, word in enumerate(following):
        between = text[before.end : word.start]
        if "?" in between:
            return True
        if "\n" in between or ";" in between or _ENDS_A_SENTENCE.search(between):
            return False
        if word.word in _DOUBTS_BEHIND or (word.word in _SURE and at > 0 and before.word in _NEGATIONS):
            return True
        before = word
    return len(following) < _DOUBTED_WITHIN and "?" in text[before.end :]


def _is_of_something_else(text: str, words: Sequence[_Word], at: int, end: int) -> bool:
    """Not the ordnance was cleared or destroyed, as far as the words beside it say."""
    for beside in (words[max(0, at - _DOUBTED_WITHIN) : at][::-1], words[end : end + _DOUBTED_WITHIN]):
        last = words[at] if beside and beside[0].start < words[at].start else words[end - 1]
        for word in beside:
            if _ends_between(text, *sorted((last, word), key=lambda one: one.start)):
                break
            last = word
            if word.word in _ARTICLES or word.word in _BETWEEN or word.word[0].isdigit():
                continue
            if words[at].stem not in _DESTROYED:
                if word.word in _CLEARED_OTHERWISE:
                    return True
            elif word.word not in _DESTROYED_AS_ORDNANCE and word.stem not in _ORDNANCE:
                return True
            break
    return False


def _ends_between(text: str, word: _Word, following: _Word) -> bool:
    """A sentence or a part of a list ends there. A hyphen, an apostrophe or a point in an abbreviation does not."""
    between = text[word.end : following.start]
    return any(mark in between for mark in ",;:!?\n") or bool(_ENDS_A_SENTENCE.search(between))


def _stem(word: str) -> str:
    """A word without its ending of number and gender; "RN33" is a RN. A short word is its own."""
    word = _NUMBERED.sub("", word)
    if len(word.removesuffix("S")) <= _LONGEST_AS_IS:
        return word if len(word) <= _LONGEST_AS_IS else word.removesuffix("S")
    return word.removesuffix("S").rstrip("E") + "~"


def _by_first_stem(values: Mapping[StrEnum, str]) -> dict[str, _Phrases]:
    made: dict[str, _Phrases] = {}
    for value, phrases in values.items():
        for phrase in phrases.split("|"):
            stems = tuple(_stem(word) for word in _WORD.findall(phrase) if word not in FILLERS)
            made.setdefault(stems[0], []).append((stems, value))
    return made


_STEMS: Final = {fact: _by_first_stem(values) for fact, values in PHRASES.items()}
# Of "truck bomb" neither word alone is one.
_ORDNANCE: Final = frozenset(
    stems[0] for phrases in _STEMS[Fact.CATEGORY].values() for stems, _ in phrases if len(stems) == 1
)
