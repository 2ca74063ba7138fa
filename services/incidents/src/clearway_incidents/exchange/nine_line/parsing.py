"""What was understood of a nine-line report, laid beside what was heard, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from clearway_incidents.exchange.nine_line.casualties import counted
from clearway_incidents.exchange.nine_line.cutting import LINES, cut, join
from clearway_incidents.exchange.nine_line.moments import clock_alone, first_moment
from clearway_incidents.exchange.nine_line.phrases import Fact
from clearway_incidents.exchange.nine_line.places import first_position
from clearway_incidents.exchange.nine_line.plain import plain
from clearway_incidents.exchange.nine_line.spoken import written
from clearway_incidents.exchange.nine_line.words import FILLERS, stated

TIME: Final = "time"
LOCATION: Final = "location"
CASUALTIES: Final = "casualties"
EXERCISE: Final = "exercise"

# What each line may state. In a text before the lines, or without any, everything may stand.
_FACTS: Final[Mapping[int | None, tuple[Fact, ...]]] = {
    None: tuple(Fact),
    2: (Fact.SETTING,),
    4: (Fact.CATEGORY, Fact.ACTUATION, Fact.DELIVERY, Fact.OUTCOME, Fact.HAZARD_STATE),
    6: (Fact.TARGET, Fact.ACTIVITY),
    7: (Fact.ROAD_PASSABLE, Fact.MISSION_IMPACT),
    8: (Fact.PROTECTIVE_MEASURES, Fact.ROAD_PASSABLE),
    9: (Fact.PRIORITY,),
}
_COUNTS_PEOPLE: Final = frozenset({None, 4, 6, 7, 8})
# As it is said before a message of an exercise. Once, it may be a word of the report: "after the exercise".
_EXERCISE: Final = re.compile(r"\bEXERCI[SC]E\b(?:[\s,.:/-]{0,8}\bEXERCI[SC]E\b){1,8}")
# What is said behind it replaces what was said before.
_CORRECTED: Final = re.compile(r"\b(?:CORRECTION|CORRECTED|CORRIGE|RECTIFICATION|RECTIFICATIF|ERRATUM)\b")
_AROUND: Final = " ,;:.-/"
# Names, frequencies and other words that no list holds: kept as they are, and nobody is asked about them.
_AS_SAID: Final = frozenset({3, 5})
_ALSO_AS_SAID: Final = frozenset({2, 6})


@dataclass(frozen=True, slots=True)
class Understood:
    """A field of a report and its value, with the words that said it. `assumed` names what was not said and was taken
    as usual: the zone, the day, the month, the year, the order of two angles."""

    field: str
    value: Any
    words: str
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One of the nine, or what stands in none of them (`number` is None): what was heard, None where the line is
    missing, what was understood, and the words that were not."""

    number: int | None
    heard: str | None
    understood: tuple[Understood, ...] = ()
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parse:
    """The nine lines, and what stands before them."""

    lines: tuple[Line, ...]
    before: Line

    @property
    def contact(self) -> str:
        """Line 3: how the reporter is reached."""
        return self.lines[2].heard or ""

    @property
    def understood(self) -> list[Understood]:
        """All that was, the lines first."""
        return [one for line in (*self.lines, self.before) for one in line.understood]


def parse(messages: Sequence[str], now: datetime) -> Parse:
    """The parse of a text, or of the messages that it came in. Never fails: what is not understood is said so."""
    found = cut(join(messages))
    lines = tuple(_line(number, found.lines.get(number), now) for number in LINES)
    return Parse(lines, _line(None, found.before or None, now))


def _line(number: int | None, heard: str | None, now: datetime) -> Line:
    if heard is None:
        return Line(number, None)
    text, understood, taken = plain(heard), list[Understood](), list[tuple[int, int]]()

    def take(field: str, value: Any, start: int, end: int, assumed: tuple[str, ...] = ()) -> None:
        understood.append(Understood(field, value, heard[start:end].strip(), assumed))
        taken.append((start, end))

    if number is None and (said := _EXERCISE.search(text)) is not None:
        take(EXERCISE, value=True, start=said.start(), end=said.end())
    out = written(text)
    corrected = max((said.end() for said in _CORRECTED.finditer(out.text)), default=0)
    for at in (corrected, 0) if number in (None, 1) else ():
        moment = first_moment(out.text[at:], now) or (clock_alone(out.text[at:], now) if number == 1 else None)
        if moment is not None:
            when = {"occurred_at": moment.at, "precision": moment.precision}
            take(TIME, when, *out.spoken(at + moment.start, at + moment.end), moment.assumed)
            break
    for at in (corrected, 0) if number in (None, 2) else ():
        position = first_position(out.text[at:])
        if position is None:
            continue
        point = {"type": "Point", "coordinates": [round(position.longitude, 6), round(position.latitude, 6)]}
        where = {"point": point, "precision": position.precision, "uncertainty_m": round(position.uncertainty_m, 1)}
        take(LOCATION, where, *out.spoken(at + position.start, at + position.end), position.assumed)
        break
    for people in counted(text) if number in _COUNTS_PEOPLE else ():
        number_of = {"low": people.count, "best": people.count, "high": people.count}
        hurt = {"affiliation": people.affiliation, "outcome": people.outcome, **number_of}
        take(CASUALTIES, hurt, people.start, people.end)
    counts = list(taken)
    for one in stated(text, _FACTS.get(number, ())):
        # Who was hurt is not who it was meant for.
        if not any(start <= one.start < end for start, end in counts):
            take(one.fact.value, one.value, one.start, one.end)
    is_as_said = number in _AS_SAID or (number in _ALSO_AS_SAID and bool(understood))
    return Line(number, heard, tuple(understood), () if is_as_said else _left(heard, text, taken))


def _left(heard: str, text: str, taken: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """The pieces of the text that stated nothing, without words that never do."""
    free = bytearray(b"\x01" * len(heard))
    for start, end in taken:
        free[start:end] = bytes(end - start)
    rest = "".join(letter if free[at] else " " for at, letter in enumerate(text))
    joined: list[tuple[int, int]] = []
    for word in re.finditer(r"\S+", rest):
        if joined and not heard[joined[-1][1] : word.start()].strip():
            joined[-1] = (joined[-1][0], word.end())
        else:
            joined.append(word.span())
    return tuple(heard[start:end].strip(_AROUND) for start, end in joined if _says_something(text[start:end]))


def _says_something(piece: str) -> bool:
    return any(word not in FILLERS for word in re.findall(r"[^\W_]+", piece))
