"""A source that is quiet for too long raises an alarm, once, by one of the processes; and everyone who had it is told
when the source is heard again (docs/adr/0040-a-silent-source.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import update

from clearway_alerts.domain.alert import Alert, Decision, DecisionKind
from clearway_alerts.domain.clauses import source_clauses
from clearway_alerts.domain.renewal import RENEWED_BEFORE
from clearway_alerts.domain.source import (
    OF_SOURCES,
    WatchedSource,
    decide_silence,
    said_again,
    still_silent,
)
from clearway_alerts.outgoing import state_of
from clearway_alerts.storage.sources import lock_source, read_source, with_something_to_say
from clearway_alerts.storage.tables import WATCHED_SOURCE
from clearway_alerts.warning.alert_history import AlertHistory, told_about_source, version_of
from clearway_alerts.warning.issuing import Issuing
from clearway_alerts.warning.watchlist import Watched, Watchlist
from clearway_contracts.alert import AlertSource
from clearway_contracts.vocabulary import AlertKind, Certainty, Severity, Urgency
from clearway_platform.clock import Clock, new_id
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.messaging.retry import retry_until_done

_POLL_SECONDS: Final = 5.0
# How long an alert of a silence is valid, which is said again before; and how long the end of one is.
_SILENCE_STANDS: Final = timedelta(days=7)
_END_STANDS: Final = timedelta(hours=24)


class Silences:
    """A worker of a process. A part of Clearway is not silent before this process has listened for as long as it may be
    quiet: so a restart raises no alarm. `watchlist` may be that of the pipeline."""

    def __init__(self, database: Database, watchlist: Watchlist, issuing: Issuing, clock: Clock) -> None:
        self._database = database
        self._watchlist = watchlist
        self._issuing = issuing
        self._clock = clock
        self._listening_since = clock.now()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A source that was silent is heard again, or a source was changed."""
        self._woken.set()

    async def run(self) -> None:
        """A worker: look for what is to be said, until cancelled."""
        self._listening_since = self._clock.now()
        while True:
            self._woken.clear()
            await retry_until_done(self.look)
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._woken.wait()

    async def look(self) -> None:
        """Say all that there is to say now: of each source in a transaction of its own."""
        now = self._clock.now()
        async with self._database.of_every_mission("a silent source may be any mission's").read() as connection:
            found = await with_something_to_say(
                connection, now, said_again=now + RENEWED_BEFORE, listened=now - self._listening_since
            )
        for mission, source_id in found:
            async with self._database.of(mission).write() as transaction:
                await self._look_at(transaction, source_id)

    async def _look_at(self, transaction: Transaction, source_id: UUID) -> None:
        """Asked again with the row locked: another process may have said it meanwhile."""
        row = await lock_source(transaction, source_id)
        source, now = read_source(row), self._clock.now()
        decision = decide_silence(source, now)
        if decision is None and not source.is_silent:
            return
        version = await version_of(transaction, source.mission)
        watched = await self._watchlist.of(transaction.connection, source.mission, version)
        history = await told_about_source(transaction.connection, source.mission, source.id, now)
        expires = row["said_until"] is not None and row["said_until"] <= now + RENEWED_BEFORE
        decisions = _decisions(source, decision, watched, history, expires=expires)
        turn = source.turn if decision is None else source.turn + 1
        alerts = [
            _alert(source, turn, one, decided, history.get(one), now) for one, decided in sorted(decisions.items())
        ]
        writing = self._issuing.writing(transaction)
        writing.store(alerts)
        await self._issuing.tell(writing, [state_of(alert, None) for alert in alerts], watched.recipients)
        writing.record(source.mission, source.id, turn, decisions, now)
        await writing.write()
        said = {"said_until": now + _SILENCE_STANDS} if decision is not None or expires else {}
        values = {"turn": turn, "told_in": version or 0, **said}
        await transaction.connection.execute(
            update(WATCHED_SOURCE).where(WATCHED_SOURCE.c.id == source.id).values(values)
        )


def _decisions(
    source: WatchedSource,
    decision: Decision | None,
    watched: Watched,
    history: Mapping[UUID, AlertHistory],
    *,
    expires: bool,
) -> Mapping[UUID, Decision]:
    """What each subscription is told. The end of a silence reaches everyone who was told of it, whatever the filter
    says by then."""
    told = {
        one for one, known in history.items() if known.told.kind is not AlertKind.CANCELLED and one in watched.watches
    }
    if decision is not None and decision.kind is DecisionKind.CANCELLED:
        return dict.fromkeys(told, decision)
    first = decision or still_silent(source)
    new = {one: first for one in watched.watches.keys() - told if wants(watched, one)}
    again = dict.fromkeys(told, said_again(source)) if expires and decision is None else {}
    return new | again


def wants(watched: Watched, subscription_id: UUID) -> bool:
    """Whether the filter lets silent sources through. In doubt it does: where a filter cannot be read, and where it
    follows a route that is not known here yet."""
    watch = watched.watches[subscription_id]
    return watch is None or all(clause.holds for clause in source_clauses(watch.filter, OF_SOURCES.tlp))


def _alert(
    source: WatchedSource,
    turn: int,
    subscription_id: UUID,
    decision: Decision,
    history: AlertHistory | None,
    now: datetime,
) -> Alert:
    kind = decision.alert_kind
    assert kind is not None
    is_over = kind is AlertKind.CANCELLED
    return Alert(
        id=new_id(),
        mission=source.mission,
        subscription_id=subscription_id,
        incident_id=source.id,
        revision=turn,
        sequence=history.told.sequence + 1 if history else 1,
        kind=kind,
        reason=decision.reason,
        matched=True,
        severity=Severity.MODERATE,
        urgency=Urgency.PAST if is_over else Urgency.EXPECTED,
        certainty=Certainty.OBSERVED,
        headline=f"{'No longer silent' if is_over else 'Silent'}: {source.in_words}",
        issued_at=now,
        expires_at=now + (_END_STANDS if is_over else _SILENCE_STANDS),
        references=history.unexpired if history else (),
        renewal=history.next_renewal(turn) if history and kind is AlertKind.RENEWED else 0,
        source=AlertSource(
            name=source.name,
            kind=source.kind,
            watches=source.watches,
            quiet_after=source.quiet_after,
            watched_since=source.watched_since,
            last_heard_at=source.last_heard_at,
        ),
    )
