"""People hurt, as they are counted in a nine-line report: "2 x KIA", "trois civils blessés". No names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clearway_contracts.vocabulary import Affiliation, CasualtyOutcome
from clearway_incidents.exchange.nine_line.spoken import DIGITS

_TEENS: Final = (
    ("TEN", "DIX"),
    ("ELEVEN", "ONZE"),
    ("TWELVE", "DOUZE"),
    ("THIRTEEN", "TREIZE"),
    ("FOURTEEN", "QUATORZE"),
    ("FIFTEEN", "QUINZE"),
    ("SIXTEEN", "SEIZE"),
    ("SEVENTEEN",),
    ("EIGHTEEN",),
    ("NINETEEN",),
    ("TWENTY", "VINGT"),
)
_SPOKEN: Final = {word: int(digit) for word, digit in DIGITS.items()} | {
    word: number for number, words in enumerate(_TEENS, start=10) for word in words
}
_OUTCOMES: Final = {
    CasualtyOutcome.KILLED: r"KIA|KILLED|DEAD|DEATHS?|FATALIT(?:Y|IES)|MORTE?S?|TUEE?S?|DECEDEE?S?",
    CasualtyOutcome.INJURED: r"WIA|WOUNDED|INJUR(?:ED|Y|IES)|BLESSEE?S?",
    CasualtyOutcome.MISSING: r"MIA|MISSING|DISPARUE?S?",
}
# They say who was hurt behind them: "killed 3 soldiers".
_VERBS: Final = {
    CasualtyOutcome.KILLED: r"KILLED|KILLING|TUE|TUANT",
    CasualtyOutcome.INJURED: r"WOUNDED|WOUNDING|INJURED|INJURING|BLESSE|BLESSANT",
    CasualtyOutcome.MISSING: r"MISSING",
}
_AFFILIATIONS: Final = {
    Affiliation.UN: r"UN|ONU|PEACE ?KEEPERS?|CASQUES? BLEUS?",
    Affiliation.NATIONAL_FORCES: r"SOLDIERS?|SOLDATS?|MILITAIRES?|POLICE(?:MEN|MAN)?|POLICIERS?|GENDARMES?|FDS|ARMY",
    Affiliation.HUMANITARIAN: r"NGO|ONG|AID WORKERS?|HUMANITARIAN|HUMANITAIRES?",
    Affiliation.CIVILIAN: r"CIV|CIVILIANS?|CIVILE?S?|VILLAGERS?|VILLAGEOIS|CHILD(?:REN)?|ENFANTS?|WOM[AE]N|FEMMES?",
}
_PEOPLE: Final = rf"(?:{'|'.join(_AFFILIATIONS.values())}|PEOPLE|PERSONN?E?S?|M[AE]N|HOMMES?|PAX)(?![A-Z])"
_HURT: Final = rf"(?:{'|'.join(_OUTCOMES.values())})(?![A-Z])"
_NUMBER: Final = rf"(?:[0-9]{{1,4}}|{'|'.join(_SPOKEN)})(?![A-Z0-9])"
# "1 IED and no wounded" counts nobody, and "two killed and three wounded" not two wounded. UN is a number and a name.
_NOT_BETWEEN: Final = "|".join(word for word in _SPOKEN if word != "UN") + "|AUCUNE?|NI|NO|NOT|PAS|SANS|WITHOUT"
_WORD: Final = rf"(?!(?:{_NOT_BETWEEN}|{'|'.join(_OUTCOMES.values())})(?![A-Z]))[A-Z]{{1,20}}"
# Whom a verb hurt, unless it is said of them what became of them: "2 killed, 3 civilians wounded".
_WHOM: Final = (
    rf"\s{{1,3}}{_NUMBER}\s{{1,3}}{_PEOPLE}"
    rf"(?!\s{{1,3}}(?:(?!(?:AND|ET)(?![A-Z])){_WORD}\s{{1,3}}){{0,3}}?{_HURT})"
)
# In "KIA 2 WIA 3" the two belong to the word before them.
_LABELLED: Final = r"(?<=[KWM]IA\s)[0-9]{1,4}\s[KWM]IA\s[0-9]{1,4}\s{0,3}(?:[,;.\n)]|$)"
# As in "2 civilians killed", "2 soldiers and 3 civilians killed", "2 KIA (civilians)", "a woman was killed"; as in
# "KIA: 2" and "KIA 2, ..."; as in "killed 2 civilians".
_COUNTED: Final = {
    outcome: re.compile(
        rf"(?<![A-Z0-9])(?!{_LABELLED})(?:(?P<more>{_NUMBER}\s{{1,3}}{_PEOPLE})\s{{1,3}}(?:AND|ET)\s{{1,3}})?"
        rf"(?:(?P<count>[0-9]{{1,4}}|(?:{'|'.join(_SPOKEN)})(?![A-Z]))|AN?(?=\s{{1,3}}{_PEOPLE}))"
        rf"\s{{0,3}}(?:X\s{{0,3}})?(?P<who>(?:{_WORD}\s{{1,3}}){{0,5}}?)(?:{words})(?![A-Z])(?!{_WHOM})"
        rf"(?:[\s(]{{1,4}}(?P<behind>{_PEOPLE}))?"
        rf"|(?<![A-Z0-9])(?:{words})(?:\s{{0,3}}[:=]\s{{0,3}}(?P<after>[0-9]{{1,4}})(?![0-9])"
        rf"|\s{{1,3}}(?P<label>[0-9]{{1,4}})(?=\s{{0,3}}(?:[,;.\n)]|$|[KWM]IA\s[0-9])))"
        rf"|(?<![A-Z0-9])(?:{_VERBS[outcome]})(?={_WHOM})\s{{1,3}}(?P<whom>{_NUMBER}\s{{1,3}}{_PEOPLE})"
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
        if match["more"] is not None:
            yield Counted(outcome, _belongs(match["more"]), _count_of(match["more"]), *match.span())
        who = f"{match['who'] or ''} {match['behind'] or ''} {match['whom'] or ''}"
        said = match["count"] or match["after"] or match["label"] or match["whom"]
        # A woman, without a number, is one.
        yield Counted(outcome, _belongs(who), 1 if said is None else _count_of(said), *match.span())


def _belongs(who: str) -> Affiliation:
    return next((one for one, words in _BELONGS.items() if words.search(who)), Affiliation.UNKNOWN)


def _count_of(said: str) -> int:
    count = said.split()[0]
    return _SPOKEN[count] if count in _SPOKEN else int(count)
