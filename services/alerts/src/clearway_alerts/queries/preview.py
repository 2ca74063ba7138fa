"""What a subscription would have told its owner in a time that has passed, before it is made."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from clearway_alerts.domain.alert import DecisionKind
from clearway_alerts.domain.areas import RouteCorridor, check_area
from clearway_alerts.domain.errors import ImpossibleSpan, UnknownRoute
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Index, watch_of
from clearway_alerts.domain.renewal import Validity
from clearway_alerts.domain.replay import Replayed, Rules, WouldTell, replayed
from clearway_alerts.domain.subscription import Filter
from clearway_alerts.storage.past_revisions import Past, past_of
from clearway_alerts.storage.rows import read_line
from clearway_alerts.storage.standing_hazards import newest_of
from clearway_alerts.storage.tables import ROUTE_VIEW
from clearway_alerts.storage.unreadable import UnreadableRows
from clearway_platform.auth.ceilings import Ceiling, Sight
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.heavy import HeavyWork
from clearway_platform.places import Places

LOOKS_BACK: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=92)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
# So many incidents are measured at once: previews of others come between.
_REPLAYED_AT_ONCE: Final = 200
MOST_SHOWN: Final = 10
_NO_SUBSCRIPTION: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Preview:
    """`decisions` counts what would have been decided, `newest` are the last alerts of different incidents, and
    `standing` counts the hazards that stand inside the filter at the end. `is_whole`: everything was looked at."""

    since: datetime
    until: datetime
    decisions: Mapping[DecisionKind, int]
    newest: Sequence[WouldTell]
    standing: int
    is_whole: bool


class Previews:
    """`heavy` is their own: neither warnings nor changes of subscriptions wait for them. Of a mission one is computed
    at a time, so that a preview of another one does not wait for many."""

    def __init__(
        self, database: Database, clock: Clock, *, validity: Validity, news_hours: int, heavy: HeavyWork
    ) -> None:
        self._database = database
        self._clock = clock
        self._validity = validity
        self._news_hours = news_hours
        self._heavy = heavy
        self._unreadable = UnreadableRows()
        self._places = Places(1)

    async def of(
        self, principal: Principal, chosen: Filter, since: datetime | None = None, until: datetime | None = None
    ) -> Preview:
        """Of the incidents that the principal may read whole: what else would match must not be found by drawing. Up to
        now and of the last 30 days, unless another time is asked for. Raises ImpossibleArea, ImpossibleSpan,
        UnknownRoute."""
        since, until = self._span(since, until)
        async with self._places.of(principal.mission):
            return await self._preview(principal, chosen, since, until)

    async def _preview(self, principal: Principal, chosen: Filter, since: datetime, until: datetime) -> Preview:
        await self._heavy.run(check_area, chosen.area)

        def read(connection: Connection) -> tuple[object, Past]:
            line = _line_of(connection, principal.mission, chosen)
            return line, past_of(connection, principal.mission, since, until, self._unreadable)

        line, past = await self._database.of(principal.mission).read_apart(read)
        found = await self._replayed(chosen, line, past, since, until)
        concerned = [one for one in found if one.decided or one.stands]
        readable = await self._readable(principal, concerned)
        decided = list(chain.from_iterable(one.decided for one in readable))
        return Preview(
            since,
            until,
            Counter(one.decision.kind for one in decided),
            _newest(decided),
            sum(one.stands for one in readable),
            past.is_whole,
        )

    def _span(self, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
        now = self._clock.now()
        end = min(until or now, now)
        begin = since or end - min(LOOKS_BACK, end - _FIRST)
        if not timedelta(0) < end - begin <= LONGEST:
            raise ImpossibleSpan
        return begin, end

    async def _replayed(
        self, chosen: Filter, line: object, past: Past, since: datetime, until: datetime
    ) -> list[Replayed]:
        watch = watch_of(_NO_SUBSCRIPTION, chosen, None if line is None else read_line(line))
        rules = Rules(since, until, self._news_hours, self._validity.of(watch))
        index = Index([] if watch is None else [watch])
        found: list[Replayed] = []
        for start in range(0, len(past.histories), _REPLAYED_AT_ONCE):
            part = past.histories[start : start + _REPLAYED_AT_ONCE]
            found += await self._heavy.run(replayed, index, part, rules)
        return found

    async def _readable(self, principal: Principal, found: Sequence[Replayed]) -> list[Replayed]:
        """Those of which no revision is marked above the ceiling; what an incident is marked now holds for its past."""
        newest: dict[UUID, IncidentView] = {}
        ids = [one.revisions[-1].incident_id for one in found]
        async with self._database.of(principal.mission).read() as connection:
            for start in range(0, len(ids), _REPLAYED_AT_ONCE):
                part = ids[start : start + _REPLAYED_AT_ONCE]
                newest |= await newest_of(connection, principal.mission, part, self._unreadable)
        return [one for one in found if _is_readable(principal.ceiling, one, newest)]


def _is_readable(ceiling: Ceiling, found: Replayed, newest: Mapping[UUID, IncidentView]) -> bool:
    present = newest.get(found.revisions[-1].incident_id)
    if present is None:
        return False
    handlings = [revision.marked_since(present).handling for revision in found.revisions]
    return ceiling.sight(*handlings) is Sight.WHOLE


def _newest(decided: Sequence[WouldTell]) -> list[WouldTell]:
    """The last alert about each incident, the newest first."""
    alerts = sorted((one for one in decided if one.decision.alert_kind), key=lambda one: one.at)
    of_each = {one.incident.incident_id: one for one in alerts}
    return sorted(of_each.values(), key=lambda one: one.at, reverse=True)[:MOST_SHOWN]


def _line_of(connection: Connection, mission: str, chosen: Filter) -> object:
    """The line of the route that is watched; None where none is."""
    if not isinstance(chosen.area, RouteCorridor):
        return None
    its_own = (ROUTE_VIEW.c.mission == mission) & (ROUTE_VIEW.c.route_id == chosen.area.route_id)
    line: object = connection.execute(select(ROUTE_VIEW.c.line).where(its_own)).scalar()
    if line is None:
        raise UnknownRoute
    return line
