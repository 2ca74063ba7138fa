"""When, as it is spoken and typed: a date-time group, or a date and an hour, in English and French."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from clearway_contracts.vocabulary import TimePrecision
from clearway_incidents.domain.moment import CLOCK_SKEW, OLDEST

_MONTHS: Final = {
    1: "JANUARY|JANVIER|JANV|JAN",
    2: "FEBRUARY|FEVRIER|FEVR|FEV|FEB",
    3: "MARCH|MARS|MAR",
    4: "APRIL|AVRIL|AVR|APR",
    5: "MAI|MAY",
    6: "JUNE|JUIN|JUN",
    7: "JULY|JUILLET|JUIL|JUL",
    8: "AUGUST|AOUT|AUG|AOU",
    9: "SEPTEMBER|SEPTEMBRE|SEPT|SEP",
    10: "OCTOBER|OCTOBRE|OCT",
    11: "NOVEMBER|NOVEMBRE|NOV",
    12: "DECEMBER|DECEMBRE|DEC",
}
# So far back a 31st and a 29th of February have been.
_MONTHS_BACK: Final = 4
_YEARS_BACK: Final = 10
_MONTH: Final = "|".join(_MONTHS.values())
# Hours of the military zones from Greenwich; J is the local time of whoever says it, and tells nobody else anything.
_ZONES: Final = {
    **{letter: hours for hours, letter in enumerate("ABCDEFGHIKLM", start=1)},
    **{letter: -hours for hours, letter in enumerate("NOPQRSTUVWXY", start=1)},
    "Z": 0,
}
_SPOKEN_ZONES: Final = {
    "ZULU": "Z",
    "ZOULOU": "Z",
    "ALPHA": "A",
    "ALFA": "A",
    "BRAVO": "B",
    "CHARLIE": "C",
    "DELTA": "D",
    "ECHO": "E",
}
_ZONE_NAME: Final = rf"(?P<zone>{'|'.join(_SPOKEN_ZONES)}|UTC|GMT|TU|[A-IK-Z])"
_ZONE: Final = rf"{_ZONE_NAME}(?![A-Z])"

# "Zulu November two five" is written out as ZN25.
_GROUP_MONTH: Final = rf"{_MONTH}|N(?=\d)"
_GROUP: Final = re.compile(
    r"\b(?P<day>\d{2})\s?(?P<hour>\d{2}):?(?P<minute>\d{2})\s{0,3}"
    rf"(?:{_ZONE_NAME}(?=[\s./-]{{0,4}}(?:{_GROUP_MONTH})|(?![A-Z])))?"
    rf"(?:[\s./-]{{0,4}}(?P<month>{_GROUP_MONTH})(?![A-Z])[.\s'/-]{{0,4}}(?P<year>\d{{4}}|\d{{2}})?(?!\d))?",
)
# Of "30 FEB 26 1040Z" no group of the 26th is left.
_ENDS_A_DATE: Final = re.compile(rf"(?:{_MONTH})[\s./'-]{{0,4}}$")
_LONGEST_MONTH: Final = 14
_ISO: Final = re.compile(
    r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T\s]{1,4}(?P<hour>\d{2})[:H]?(?P<minute>\d{2})(?::\d{2})?\s{0,3}(?P<zone>Z|UTC|GMT|TU|[+-]\d{2}:?\d{2})?)?\b"
)
# Four digits that may be a time of day are a year from 2020 to 2059 only, and never before a zone: "28 FEB 1940Z".
_YEAR: Final = r"(?P<year>(?:19[6-9]|20[2-9])\d(?!\s?(?:HRS?|HOURS|UTC|GMT|TU|Z)(?![A-Z]))|\d{2})(?![\d:HZ])"
_DATE: Final = (
    r"\b(?P<day>\d{1,2})(?:ST|ND|RD|TH|ER)?"
    rf"(?:[\s./-]{{0,4}}(?P<month>{_MONTH})(?![A-Z])|[./-](?P<month_number>\d{{1,2}})"
    # Without a year "28/02" is a day only before a time of day.
    r"(?:(?=[./-])|(?<=/\d\d)(?=\s{1,3}(?:(?:A|AT|VERS)\s{1,3})?(?:\d{1,2}\s?[:H]|\d{4}\s?Z))))"
    rf"(?:[\s./,'-]{{0,4}}{_YEAR})?"
)
# "1040Z", "10:40", "10H40", "18H", "6 HEURES".
_CLOCK: Final = (
    r"(?<!\d)(?:(?P<hour>\d{2})(?P<minute>\d{2})"
    r"|(?P<short_hour>\d{1,2})\s?(?::|H(?:EURES?|OURS?|RS?)?)\s?(?P<short_minute>\d{2})?)"
    rf"\s{{0,3}}(?:HRS?|HOURS|HEURES|H)?(?![A-Z\d]{{2}})\s{{0,3}}(?:{_ZONE})?"
)
_AT: Final = r"(?:[\s,]{0,4}(?:AT|A|@|VERS|ABOUT|AROUND|ENV(?:IRON)?\.?)?\s{0,3}"
_ON: Final = r"[\s,]{0,4}(?:ON|LE|DU)?\s{0,3}"
_DAY_AND_CLOCK: Final = re.compile(rf"{_DATE}{_AT}{_CLOCK})?")
_CLOCK_AND_DAY: Final = re.compile(rf"{_CLOCK}{_ON}{_DATE}")
_NAMED: Final = r"\b(?P<named>TODAY|YESTERDAY|AUJOURD ?'?HUI|HIER)\b"
_TODAY: Final = re.compile(rf"{_NAMED}{_AT}{_CLOCK})?")
_CLOCK_TODAY: Final = re.compile(rf"{_CLOCK}{_ON}{_NAMED}")
_CLOCK_ALONE: Final = re.compile(rf"[\s,.:]{{0,4}}(?:(?:AT|A|VERS|ABOUT|AROUND)\s{{1,3}})?{_CLOCK}[\s,.]{{0,4}}")


_Read = tuple[datetime, TimePrecision, tuple[str, ...]]
_Reader = Callable[[re.Match[str], datetime], _Read]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in UTC, how closely it was said, and the span of the text that said it. `assumed` names what was not
    said and was taken as usual: the zone, the day, the month, the year."""

    at: datetime
    precision: TimePrecision
    start: int
    end: int
    assumed: tuple[str, ...]


def first_moment(text: str, now: datetime) -> Moment | None:
    """The first moment in a text that is `plain`. None where there is none, or an impossible one: the 31st of February
    is not understood. What was not said of a date is taken so that it is the latest that is not after `now`."""
    found = (
        moment
        for pattern, read in _READERS
        for match in pattern.finditer(text)
        if (moment := _moment(match, read, now)) is not None
    )
    return min(found, key=lambda moment: (moment.start, -moment.end), default=None)


def clock_alone(text: str, now: datetime) -> Moment | None:
    """The moment where a text that is `plain` says a time of day alone: the latest that is not after `now`."""
    match = _CLOCK_ALONE.fullmatch(text)
    return None if match is None else _moment(match, _alone, now)


def _moment(match: re.Match[str], read: _Reader, now: datetime) -> Moment | None:
    try:
        at, precision, assumed = read(match, now)
    except (ValueError, OverflowError):
        return None
    # What is reported has happened: a later moment is a typing error.
    return Moment(at, precision, *match.span(), assumed) if OLDEST <= at <= now + CLOCK_SKEW else None


def _iso(match: re.Match[str], now: datetime) -> _Read:
    return _read(match, int(match["month"]), now)


def _group(match: re.Match[str], now: datetime) -> _Read:
    """DDHHMMZ MON YY. A group without its zone and month is any six digits: it needs one of the two."""
    if match["month"] is None and match["zone"] is None:
        raise ValueError("six digits are not a time yet")
    if match["month"] is None and _ENDS_A_DATE.search(
        match.string, max(0, match.start() - _LONGEST_MONTH), match.start()
    ):
        raise ValueError("the day is the year of a date")
    return _read(match, _month_of(match["month"]), now)


def _day_and_clock(match: re.Match[str], now: datetime) -> _Read:
    return _read(match, int(match["month_number"]) if match["month"] is None else _month_of(match["month"]), now)


def _read(match: re.Match[str], month: int | None, now: datetime) -> _Read:
    clock, precision = _clock_of(match)
    offset, assumed = (timedelta(0), []) if precision is TimePrecision.DAY else _offset(match["zone"])
    year = _year_of(match["year"])
    if month is None:
        assumed.append("month")
    if year is None:
        assumed.append("year")
    return _latest(int(match["day"]), month, year, clock - offset, now), precision, tuple(assumed)


def _alone(match: re.Match[str], now: datetime) -> _Read:
    if match["short_hour"] is None and match["zone"] is None:
        raise ValueError("four digits are not a time yet")
    clock, precision = _clock_of(match)
    offset, assumed = _offset(match["zone"])
    at = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) + clock - offset
    while at > now + CLOCK_SKEW:
        at -= timedelta(days=1)
    return at, precision, ("day", *assumed)


def _today(match: re.Match[str], now: datetime) -> _Read:
    """The day is that of the zone which was said."""
    clock, precision = _clock_of(match)
    offset, assumed = (timedelta(0), []) if precision is TimePrecision.DAY else _offset(match["zone"])
    day = (now.astimezone(UTC) + offset).replace(hour=0, minute=0, second=0, microsecond=0)
    if match["named"] in ("YESTERDAY", "HIER"):
        day -= timedelta(days=1)
    return day + clock - offset, precision, tuple(assumed)


def _clock_of(match: re.Match[str]) -> tuple[timedelta, TimePrecision]:
    """The time of day, and how closely it was said."""
    said = match.groupdict()
    hour, minute = said["hour"] or said.get("short_hour"), said["minute"] or said.get("short_minute")
    if hour is None:
        return timedelta(0), TimePrecision.DAY
    if int(hour) > 23 or int(minute or 0) > 59:
        raise ValueError("no time of day")
    clock = timedelta(hours=int(hour), minutes=int(minute or 0))
    return clock, TimePrecision.HOUR if minute is None else TimePrecision.MINUTE


def _offset(zone: str | None) -> tuple[timedelta, list[str]]:
    """What the zone is ahead of Greenwich."""
    if zone is None:
        return timedelta(0), ["zone"]
    if zone in ("UTC", "GMT", "TU"):
        return timedelta(0), []
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return (size if zone[0] == "+" else -size), []
    return timedelta(hours=_ZONES[_SPOKEN_ZONES.get(zone, zone)]), []


def _month_of(name: str | None) -> int | None:
    if name == "N":
        return 11
    return None if name is None else next(month for month, names in _MONTHS.items() if name in names.split("|"))


def _year_of(said: str | None) -> int | None:
    if said is None:
        return None
    return int(said) if len(said) == len("2026") else 2000 + int(said)


def _latest(day: int, month: int | None, year: int | None, into: timedelta, now: datetime) -> datetime:
    """So long into the day; of what was not said, the latest that has been. Raises ValueError where there is none."""
    if year is not None and month is not None:
        return datetime(year, month, day, tzinfo=UTC) + into
    here = now.astimezone(UTC)
    for back in range(_MONTHS_BACK if month is None else _YEARS_BACK):
        # Begins with the next one: it may have begun where the report comes from.
        months = here.year * 12 + here.month - back
        a_year, a_month = (months // 12, months % 12 + 1) if month is None else (here.year + 1 - back, month)
        try:
            found = datetime(a_year, a_month, day, tzinfo=UTC) + into
        except ValueError:
            continue
        if found <= now + CLOCK_SKEW:
            return found
    raise ValueError("no such day has been")


_READERS: Final[tuple[tuple[re.Pattern[str], _Reader], ...]] = (
    (_ISO, _iso),
    (_GROUP, _group),
    (_DAY_AND_CLOCK, _day_and_clock),
    (_CLOCK_AND_DAY, _day_and_clock),
    (_TODAY, _today),
    (_CLOCK_TODAY, _today),
)
