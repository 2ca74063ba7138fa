"""The lines of a long body are read in a process of their own, while this one records those before them.

To read a line is to parse, check, seal and encode it: three quarters of the work for a row, none of which asks the
database, and all of which would be done by the event loop that warnings wait for. The process starts with the first
long body and gives way to this one. It ends when nothing came for a while, and with this one. Without it, and until it
is there, lines are read here: by the same function, to the same items.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import structlog

from clearway_incidents.api.amendments import reconciled
from clearway_incidents.api.items import Reading, Refused
from clearway_incidents.commands.imports import Imports, Item
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.content_guard import ContentGuard
from clearway_incidents.domain.life import Act
from clearway_incidents.storage.states import INCIDENT
from clearway_platform.heavy import HeavyWork
from clearway_platform.messaging.outbox import Outbox, continue_trace, current_trace
from clearway_platform.web.two_way import Line

# It holds about as much memory as a service does.
IDLE_SECONDS: Final = 30.0
READY: Final = "ready"
_LESS_URGENT: Final = 5
_BROKEN: Final = (OSError, EOFError, ValueError, pickle.UnpicklingError)

Items = Sequence[Item | Refused]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Lines to be read, for whom, and the trace that their events belong to."""

    act: Act
    mission: str
    lines: Sequence[Line]
    trace: Mapping[str, str]


class ReadingApart:
    """The process. `terms`: those of the content guard. `is_of_use`: with one processor it would only take from this
    process."""

    def __init__(self, terms: tuple[str, ...], *, is_of_use: bool) -> None:
        self._terms = terms
        self._is_of_use = is_of_use
        # One thread waits for the process, and makes objects of what it answers: one job at a time.
        self._work = HeavyWork("bulk-reading")
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._starting: asyncio.Future[None] | None = None

    async def read(self, reading: Reading, lines: Sequence[Line], *, may_start: bool) -> Items | None:
        """The items at these lines; None where they are to be read here, because the process is not there, or not yet.
        `may_start`: whether it is worth starting it."""
        if self._process is None:
            if may_start and self._is_of_use and self._starting is None:
                self._starting = asyncio.ensure_future(self._work.run(self._start))
            return None
        job = Job(reading.act, reading.mission, lines, current_trace())
        return await self._work.run(self._asked, self._process, job)

    def close(self) -> None:
        """End it. What it reads is on no record."""
        if (process := self._process) is not None:
            process.kill()
            with self._asking:
                _end(process)

    def _start(self) -> None:
        # No variable of ours, and no path from which it could be given other modules.
        command = [sys.executable, "-I", "-B", "-m", __name__]
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env={})
            try:
                _exchanged(process, self._terms)
            except _BROKEN:
                _end(process)
                raise
            self._process = process
        except _BROKEN:
            self._is_of_use = False
            _log.warning("the process that reads reports in bulk cannot start; they are read here", exc_info=True)
        finally:
            self._starting = None

    def _asked(self, process: subprocess.Popen[bytes], job: Job) -> Items | None:
        """What it answers. It may have ended meanwhile: the next line starts another one."""
        try:
            with self._asking:
                return cast(Items, _exchanged(process, job))
        except _BROKEN:
            _end(process)
            if self._process is process:
                self._process = None
            return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.wait()


def _exchanged(process: subprocess.Popen[bytes], said: Any) -> Any:
    """The answer of the process, which is a program of this package: nobody else writes to its pipes."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process has no pipes")
    pickle.dump(said, process.stdin, pickle.HIGHEST_PROTOCOL)
    process.stdin.flush()
    return pickle.load(process.stdout)


def _read_for_ever() -> None:
    """The process: it reads what it is given, until nothing comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_LESS_URGENT)
    incoming, answers = sys.stdin.buffer, sys.stdout.buffer
    guard = ContentGuard(pickle.load(incoming))
    # What it makes for a job is gone after it, and has no cycles.
    gc.disable()
    pickle.dump(READY, answers)
    answers.flush()
    while select.select([incoming], [], [], IDLE_SECONDS)[0]:
        try:
            job = pickle.load(incoming)
        except EOFError:
            return
        pickle.dump(_items(job, guard), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _items(job: Job, guard: ContentGuard) -> Items:
    continue_trace(job.trace)
    clock = _StandingStill(job.act.at)
    imports = Imports(Revisions(clock, Outbox(clock), INCIDENT, guard), reconciled).once()
    reading = Reading(imports, job.act, job.mission)
    return [reading.line(line) for line in job.lines]


class _StandingStill:
    """The moment at which the other process began with these lines, by its own clock."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


if __name__ == "__main__":
    _read_for_ever()
