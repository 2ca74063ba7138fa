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
import struct
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

import structlog

from clearway_incidents.api.amendments import reconciled
from clearway_incidents.api.items import Reading, Refused
from clearway_incidents.commands.imports import Imports, Item
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.content_guard import ContentGuard
from clearway_incidents.domain.life import Act
from clearway_incidents.storage.states import INCIDENT
from clearway_platform.messaging.outbox import Outbox, continue_trace, current_trace
from clearway_platform.web.two_way import Line

# It holds about as much memory as a service does.
IDLE_SECONDS: Final = 30.0
READY: Final = "ready"
_LESS_URGENT: Final = 10
# So many items are made objects at a time, in a millisecond; the last part is empty.
_PART: Final = 10
_SIZE: Final = struct.Struct(">I")
_AHEAD_BYTES: Final = 1_048_576
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
        self._one_job = asyncio.Lock()
        self._process: Process | None = None
        self._ending = set[asyncio.Task[None]]()
        self._starting: asyncio.Task[None] | None = None

    async def read(self, reading: Reading, lines: Sequence[Line], *, may_start: bool) -> Items | None:
        """The items at these lines; None where they are to be read here, because the process is not there, or not yet.
        `may_start`: whether it is worth starting it."""
        if self._process is None:
            if may_start and self._is_of_use and self._starting is None:
                self._starting = asyncio.create_task(self._start())
            return None
        async with self._one_job:
            return await self._asked(Job(reading.act, reading.mission, lines, current_trace()))

    def close(self) -> None:
        """End it. What it reads is on no record."""
        if self._starting is not None:
            self._starting.cancel()
        process, self._process = self._process, None
        if process is not None:
            self._end(process)

    async def wait_closed(self) -> None:
        """Until it has ended, and its pipes are closed."""
        if self._starting is not None:
            with suppress(asyncio.CancelledError):
                await self._starting
        await asyncio.gather(*self._ending)

    def _end(self, process: Process) -> None:
        with suppress(ProcessLookupError):
            process.kill()
        ending = asyncio.create_task(_ended(process))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _start(self) -> None:
        # No variable of ours, and no path from which it could be given other modules.
        command = (sys.executable, "-I", "-B", "-m", __name__)
        pipe = subprocess.PIPE
        process = None
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env={}, limit=_AHEAD_BYTES
            )
            await _send(process, self._terms)
            await _received(process)
            self._process = process
        except _BROKEN:
            self._is_of_use = False
            _log.warning("the process that reads reports in bulk cannot start; they are read here", exc_info=True)
        finally:
            self._starting = None
            if process is not None and self._process is None:
                self._end(process)

    async def _asked(self, job: Job) -> Items | None:
        """What it answers. It may have ended meanwhile: then another one may be started."""
        if (process := self._process) is None:
            return None
        items = list[Item | Refused]()
        try:
            await _send(process, job)
            while part := await _received(process):
                items += part
                await asyncio.sleep(0)
        except _BROKEN:
            self.close()
            return None
        except asyncio.CancelledError:
            # The rest of its answer would be taken for that to the next job.
            self.close()
            raise
        return items


async def _ended(process: Process) -> None:
    # Who is still reading its answer hears of its end, too.
    with suppress(RuntimeError, *_BROKEN):
        await process.communicate()
    await process.wait()


async def _send(process: Process, said: Any) -> None:
    if process.stdin is None:
        raise ValueError("the process has no pipes")
    content = pickle.dumps(said, pickle.HIGHEST_PROTOCOL)
    process.stdin.write(_SIZE.pack(len(content)) + content)
    await process.stdin.drain()


async def _received(process: Process) -> Any:
    """What the process says, which is a program of this package: nobody else writes to its pipes."""
    if process.stdout is None:
        raise ValueError("the process has no pipes")
    [size] = _SIZE.unpack(await process.stdout.readexactly(_SIZE.size))
    return pickle.loads(await process.stdout.readexactly(size))


def _read_for_ever() -> None:
    """The process: it reads what it is given, until nothing comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_LESS_URGENT)
    incoming = sys.stdin.buffer
    guard = ContentGuard(_given(incoming))
    # What it makes for a job is gone after it, and has no cycles.
    gc.disable()
    _say(READY)
    while select.select([incoming], [], [], IDLE_SECONDS)[0]:
        try:
            job = _given(incoming)
        except EOFError:
            return
        items = _items(job, guard)
        for start in range(0, len(items) + _PART, _PART):
            _say(items[start : start + _PART])


def _given(incoming: BinaryIO) -> Any:
    """Raises EOFError where nothing more comes."""
    head = incoming.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    return pickle.loads(incoming.read(*_SIZE.unpack(head)))


def _say(said: Any) -> None:
    content = pickle.dumps(said, pickle.HIGHEST_PROTOCOL)
    sys.stdout.buffer.write(_SIZE.pack(len(content)) + content)
    sys.stdout.buffer.flush()


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
