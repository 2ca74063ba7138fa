"""Makes checkpoints, and brings them to their places. A place that does not answer waits alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from clearway_platform.audit.canonical import moment_text
from clearway_platform.checkpoints import storage
from clearway_platform.checkpoints.judging import parse
from clearway_platform.checkpoints.places.place import Place, PlaceError
from clearway_platform.checkpoints.signing import BadKey, SigningKey, signing_key
from clearway_platform.checkpoints.statement import Signed, Statement, read_line, signed
from clearway_platform.checkpoints.states import Chains, broken_since, states_of
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.heavy import HeavyWork
from clearway_platform.messaging.retry import retry_until_done
from clearway_platform.settings import Settings

TICK_SECONDS: Final = 15.0

MADE = Gauge("clearway_audit_checkpoint_timestamp_seconds", "When the last checkpoint of the audit was made")
WAITING = Gauge("clearway_audit_checkpoints_waiting", "Checkpoints that some place does not have yet")
FAILURES = Counter("clearway_audit_place_failures", "Attempts to write checkpoints to a place that failed", ["kind"])
BROKEN = Gauge("clearway_audit_chains_broken", "Chains of the audit whose end at the last checkpoint is gone")

log = structlog.get_logger(__name__)


class Checkpoints:
    """A worker. Of several processes, one makes each checkpoint; each writes what a place does not have."""

    def __init__(
        self, settings: Settings, clock: Clock, database: Database, chains: Sequence[Chains], places: Sequence[Place]
    ) -> None:
        """`database`: that of the keys."""
        self._settings = settings
        self._clock = clock
        self._database = database
        self._chains = chains
        self._places = places
        # By what has the problem; None once it has ended.
        self.problems: dict[str, str | None] = {}
        self._looked_at: set[str] = set()
        self._work = HeavyWork("checkpoints")

    async def run(self) -> None:
        while True:
            await retry_until_done(self.once)
            await asyncio.sleep(min(TICK_SECONDS, self._settings.audit_checkpoint_minutes * 60))

    async def once(self) -> None:
        """Make a checkpoint if one is due, and write what the places do not have."""
        key = self._key()
        if key is None:
            return
        if not await self._is_ahead() and await self._is_due():
            await self.make(key)
        await self.write()

    async def make(self, key: SigningKey) -> Signed | None:
        """The next checkpoint; None when another process has just made it."""
        last = await storage.last_line(self._database)
        before = None if last is None else read_line(last)
        statement = await self._statement(None if before is None else before.statement)
        checkpoint = signed(statement, [key])
        if not await storage.keep_if_first(self._database, checkpoint):
            return None
        MADE.set(statement.moment.timestamp())
        return checkpoint

    async def write(self) -> None:
        """Write to each place what it does not have."""
        known = await storage.places(self._database)
        made = await storage.last_made(self._database)
        last = made[0] if made is not None else 0
        waiting = 0
        for place in self._places:
            kept = known.get(place.name)
            waiting = max(waiting, last - await self._write_to(place, kept.sequence if kept is not None else 0))
        WAITING.set(waiting)

    async def _statement(self, before: Statement | None) -> Statement:
        states = await states_of(self._chains, before)
        if before is not None:
            broken = await broken_since(self._chains, before, states)
            BROKEN.set(len(broken))
            for (chain, mission), number in broken.items():
                self._say(
                    f"{chain} {mission}", f"record {number}, the last one of checkpoint {before.sequence}, is gone"
                )
        return Statement(
            sequence=1 if before is None else before.sequence + 1,
            made_at=moment_text(self._clock.now()),
            previous=None if before is None else before.hash,
            chains=states,
        )

    async def _write_to(self, place: Place, sequence: int) -> int:
        """How far the place is afterwards."""
        while lines := await storage.lines_after(self._database, sequence):
            checkpoints = [one for line in lines if (one := read_line(line)) is not None]
            try:
                await place.write(checkpoints)
            except PlaceError as error:
                FAILURES.labels(place.name.partition(":")[0]).inc()
                self._say(place.name, str(error))
                await storage.note_place(self._database, place.name, sequence, str(error))
                return sequence
            sequence = checkpoints[-1].statement.sequence
            self._say(place.name, None)
            await storage.note_place(self._database, place.name, sequence, None)
        return sequence

    async def _is_due(self) -> bool:
        made = await storage.last_made(self._database)
        if made is None:
            return True
        MADE.set(made[1].timestamp())
        return self._clock.now() - made[1] >= timedelta(minutes=self._settings.audit_checkpoint_minutes)

    async def _is_ahead(self) -> bool:
        """Whether a place has checkpoints that the database lacks: then it was restored, and a person must say so. Each
        place is looked at once, as soon as it answers."""
        made = await storage.last_made(self._database)
        last = made[0] if made is not None else 0
        ahead = False
        for place in self._places:
            if place.name in self._looked_at:
                continue
            try:
                lines = await place.read()
            except PlaceError:
                continue
            if await self._work.run(_newest, lines or ()) > last:
                ahead = True
                self._say(place.name, "it has checkpoints that the database lacks: see `clearway audit adopt`")
            else:
                self._looked_at.add(place.name)
        return ahead

    def _key(self) -> SigningKey | None:
        try:
            key = signing_key(self._settings, make=True)
        except BadKey as error:
            self._say("key", str(error))
            return None
        self._say("key", "there is no signing key: set CLEARWAY_AUDIT_SIGNING_KEY_FILE" if key is None else None)
        return key

    def _say(self, what: str, problem: str | None) -> None:
        """Log a problem once, and its end."""
        if self.problems.get(what) == problem:
            return
        self.problems[what] = problem
        if problem is None:
            log.info("audit_checkpoints_go_on", what=what)
        else:
            log.warning("audit_checkpoints_wait", what=what, problem=problem)


def _newest(lines: Sequence[str]) -> int:
    """The number of the newest checkpoint in the lines; 0 where there is none."""
    found, _damaged = parse("", lines)
    return max((one.statement.sequence for one in found), default=0)
