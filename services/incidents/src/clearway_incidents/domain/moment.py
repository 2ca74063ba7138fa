"""When an incident was: a moment where known, and the span that certainly holds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from clearway_contracts.incident import IncidentTime
from clearway_contracts.vocabulary import TimePrecision
from clearway_incidents.domain.errors import InvalidFact

# Field clocks run ahead of ours by minutes; more than this is a wrong date.
CLOCK_SKEW: Final = timedelta(minutes=5)
# Before any record of such devices in the sources that are imported: earlier dates are typing errors.
OLDEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
# How far back a report of wholly unknown time may lie.
UNKNOWN_SPAN: Final = timedelta(days=365)
# A span may end after it is reported, such as with the day or the year, but not later.
LONGEST_AHEAD: Final = timedelta(days=366)


def span(
    occurred_at: datetime | None,
    earliest: datetime | None,
    latest: datetime | None,
    precision: TimePrecision,
    reported_at: datetime,
) -> tuple[datetime, datetime]:
    """The bounds: those given, the others from the moment and its precision. It cannot be later than its report.

    The moments that are given must have passed `check_given`.
    """
    first, last = _implied(occurred_at, precision, reported_at)
    if earliest is None:
        earliest = first if latest is None else min(first, latest)
    if latest is None:
        latest = max(min(last, reported_at), earliest, occurred_at or earliest)
    return earliest, latest


def _implied(
    occurred_at: datetime | None, precision: TimePrecision, reported_at: datetime
) -> tuple[datetime, datetime]:
    if occurred_at is None:
        return reported_at - UNKNOWN_SPAN, reported_at
    day = occurred_at.replace(hour=0, minute=0, second=0, microsecond=0)
    match precision:
        case TimePrecision.MINUTE:
            return occurred_at - timedelta(minutes=1), occurred_at + timedelta(minutes=1)
        case TimePrecision.HOUR:
            return occurred_at - timedelta(hours=1), occurred_at + timedelta(hours=1)
        case TimePrecision.DAY:
            return day, day + timedelta(days=1)
        case TimePrecision.WEEK:
            return day - timedelta(days=7), day + timedelta(days=8)
        case TimePrecision.MONTH:
            return day - timedelta(days=31), day + timedelta(days=32)
        case TimePrecision.UNKNOWN:
            return occurred_at - UNKNOWN_SPAN, occurred_at + UNKNOWN_SPAN


def check_given(
    occurred_at: datetime | None,
    earliest: datetime | None,
    latest: datetime | None,
    reported_at: datetime | None,
    now: datetime,
) -> None:
    """Raise InvalidFact for a moment before 1900 or in the future, and for a span that ends before it begins. No span
    can be computed from either."""
    for name, moment in (("occurred_at", occurred_at), ("earliest", earliest), ("reported_at", reported_at)):
        check_moment(f"time.{name}", moment, now)
    check_moment("time.latest", latest, now + LONGEST_AHEAD)
    if earliest and latest and earliest > latest:
        raise InvalidFact("time.earliest", "is after time.latest", "Exchange the two, or correct one.")


def check(time: IncidentTime, now: datetime) -> None:
    """Raise InvalidFact unless the times can all be true at `now`."""
    check_given(time.occurred_at, time.earliest, time.latest, time.reported_at, now)
    if time.occurred_at and not time.earliest <= time.occurred_at <= time.latest:
        raise InvalidFact("time.occurred_at", "is outside earliest..latest", "Widen the span, or leave it out.")


def check_moment(field: str, moment: datetime | None, now: datetime) -> None:
    """Raise InvalidFact for a moment before 1900 or in the future."""
    if moment is None:
        return
    if moment > now + CLOCK_SKEW:
        raise InvalidFact(field, "is in the future", "Check the date and the offset; report what has happened.")
    if moment < OLDEST:
        raise InvalidFact(field, "is before 1900", "Check the year.")
