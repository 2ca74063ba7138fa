"""People hurt, as they are counted in a nine-line report: "2 x KIA", "trois civils blessés". No names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clearway_contracts.vocabulary import Affiliation, CasualtyOutcome
from clearway_incidents.exchange.nine_line.spoken import DIGITS

_SPOKEN: Final = {word: int(digit) for word, digit in DIGITS.items()} | {"TEN": 10, "DIX": 10}
_COUNT: Final = rf"(?P<count>[0-9]{{1,4}}|{'|'.join(_SPOKEN)})"
_OUTCOMES: Final = {
    CasualtyOutcome.KILLED: r"KIA|KILLED|DEAD|DEATHS?|FATALIT(?:Y|IES)|MORTE?S?|TUEE?S?|DECEDEE?S?",
    CasualtyOutcome.INJURED: r"WIA|WOUNDED|INJUR(?:ED|Y|IES)|BLESSEE?S?",
    CasualtyOutcome.MISSING: r"MIA|MISSING|DISPARUE?S?",
}
_AFFILIATIONS: Final = {
    Affiliation.UN: r"UN|ONU|PEACE ?KEEPERS?|CASQUES? BLEUS?",
    Affiliation.NATIONAL_FORCES: r"SOLDIERS?|SOLDATS?|MILITAIRES?|POLICE(?:MEN|MAN)?|POLICIERS?|GENDARMES?|FDS|ARMY",
    Affiliation.HUMANITARIAN: r"NGO|ONG|AID WORKERS?|HUMANITARIAN|HUMANITAIRES?",
    Affiliation.CIVILIAN: r"CIV|CIVILIANS?|CIVILE?S?|VILLAGERS?|VILLAGEOIS|CHILD(?:REN)?|ENFANTS?|WOM[AE]N|FEMMES?",
}
_WORD: Final = r"[A-Z]{1,20}"
_COUNTED: Final = {
    outcome: re.compile(
        rf"(?<![A-Z0-9]){_COUNT}\s{{0,3}}(?:X\s{{0,3}})?(?P<who>(?:{_WORD}\s{{1,3}}){{0,3}}?)(?:{words})(?![A-Z])"
        rf"|(?<![A-Z0-9])(?:{words})\s{{0,3}}[:=]\s{{0,3}}(?P<after>[0-9]{{1,4}})(?![0-9])"
    )
    for outcome, words in _OUTCOMES.items()
}
_BELONGS: Final = {who: re.compile(rf"\b(?:{words})\b") for who, words in _AFFILIATIONS.items()}


@dataclass(frozen=True, slots=True)
class Counted:
    """So many people, what became of them and to whom they belong, and the span of the text that said it."""

    outcome: CasualtyOutcome
    affiliation: Affiliation
    count: int
    start: int
    end: int


def counted(text: str) -> list[Counted]:
    """The people hurt that a text which is `plain` counts, in its order. None are none: "0 KIA" counts nobody."""
    found = (one for outcome in _COUNTED for one in _of_outcome(text, outcome))
    return sorted((one for one in found if one.count > 0), key=lambda one: one.start)


def _of_outcome(text: str, outcome: CasualtyOutcome) -> Iterator[Counted]:
    for match in _COUNTED[outcome].finditer(text):
        said = match["after"] or match["count"]
        who = match["who"] or ""
        belongs = next((one for one, words in _BELONGS.items() if words.search(who)), Affiliation.UNKNOWN)
        yield Counted(outcome, belongs, _SPOKEN[said] if said in _SPOKEN else int(said), *match.span())
