"""A watched source: when it has been quiet for too long, and what is said of that."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from clearway_alerts.domain.alert import Decision, DecisionKind
from clearway_contracts.handling import Handling
from clearway_contracts.vocabulary import Classification, SourceKind, Tlp

SHORTEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=90)
# To whom it may go that a source is silent: to everyone in the mission and beside it, and not to the public.
OF_SOURCES: Final = Handling(Tlp.GREEN, Classification.UNCLASSIFIED)
_IN_WORDS: Final = {
    SourceKind.REPORTING_CELL: "reporting cell",
    SourceKind.IMPORT: "import",
    SourceKind.CONSUMER: "consumer",
    SourceKind.RELAY: "relay",
}
# All reasons of such alerts begin with it.
SILENT: Final = "source_silent"


class SourceState(StrEnum):
    """`silent` as long as its alert stands."""

    HEARD = "heard"
    SILENT = "silent"
    NEVER_HEARD = "never_heard"


@dataclass(frozen=True, slots=True)
class WatchedSource:
    """A source of a mission, as it is watched. `turn` counts its silences and their ends: it is odd while it is
    silent."""

    id: UUID
    mission: str
    name: str
    kind: SourceKind
    watches: str
    quiet_after: timedelta
    watched_since: datetime
    last_heard_at: datetime | None
    turn: int
    is_deleted: bool = False

    @property
    def is_silent(self) -> bool:
        return self.turn % 2 == 1

    @property
    def state(self) -> SourceState:
        if self.is_silent:
            return SourceState.SILENT
        return SourceState.NEVER_HEARD if self.last_heard_at is None else SourceState.HEARD

    @property
    def quiet_since(self) -> datetime:
        return self.last_heard_at or self.watched_since

    @property
    def in_words(self) -> str:
        return f"the {_IN_WORDS[self.kind]} {self.name}"


def key_of(kind: SourceKind, watches: str) -> str:
    """What is compared: an organisation is written by people, in capitals or not."""
    return " ".join(watches.split()).casefold() if kind is SourceKind.REPORTING_CELL else watches


def quiet_until(source: WatchedSource) -> datetime:
    """From then on it is silent, unless it is heard before."""
    return source.quiet_since + source.quiet_after


def decide_silence(source: WatchedSource, now: datetime) -> Decision | None:
    """What everyone who wants to know is told now; None where there is nothing to say."""
    if source.is_silent:
        return _end(source, now)
    if source.is_deleted or now < quiet_until(source):
        return None
    return Decision(DecisionKind.ISSUED, _silent(source))


def still_silent(source: WatchedSource) -> Decision:
    """For a subscription that newly looks while the source is silent."""
    return Decision(DecisionKind.ISSUED, _silent(source))


def said_again(source: WatchedSource) -> Decision:
    """Before the alert of a silence expires."""
    return Decision(DecisionKind.RENEWED, _silent(source))


def _end(source: WatchedSource, now: datetime) -> Decision | None:
    if source.is_deleted:
        return Decision(DecisionKind.CANCELLED, f"{SILENT}: {source.in_words} is no longer watched")
    if now >= quiet_until(source):
        return None
    if source.last_heard_at is None:
        reason = f"{source.in_words} may now be quiet for {duration_in_words(source.quiet_after)}"
    else:
        reason = f"{source.in_words} is heard again: {moment_in_words(source.last_heard_at)}"
    return Decision(DecisionKind.CANCELLED, f"{SILENT}: {reason}")


def _silent(source: WatchedSource) -> str:
    since = f"since {moment_in_words(source.quiet_since)}"
    if source.last_heard_at is None:
        since = f"{since}, when it was first watched"
    said = f"nothing was heard from {source.in_words} {since}, longer than {duration_in_words(source.quiet_after)}"
    return f"{SILENT}: {said}"


def moment_in_words(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%MZ}"


def duration_in_words(duration: timedelta) -> str:
    """`6 h`, `1 d 12 h`, `5 min`."""
    minutes = int(duration.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    parts = ((days, "d"), (hours, "h"), (minutes % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
