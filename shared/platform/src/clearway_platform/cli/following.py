"""Follows the streams: a connection for each, which reconnects at its cursor, and one page that prints all lines."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
import typer
from httpx_sse import ServerSentEvent, aconnect_sse

from clearway_platform.cli.answers import (
    detail_of,
    is_no_address,
    key_refused,
    may_answer_later,
    no_clearway,
    nothing_answers,
    unavailable,
)
from clearway_platform.cli.client import Access
from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.connection import QUIET_SECONDS, Connection, FindAccess
from clearway_platform.cli.event_lines import Line, line_of
from clearway_platform.cli.listing import terminal_width
from clearway_platform.cli.patience import seconds_to_wait
from clearway_platform.cli.streams import Stream

RETRY_SECONDS: Final = 2.0
# The server sends something every 15 seconds: a connection that is silent for this long is lost.
SILENCE_SECONDS: Final = 60.0
# Past events of all streams are printed in order of time: once every stream is read, or after this long.
PAST_SECONDS: Final = 3.0
OUTPUT_CHECK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Beginning:
    """The past events that are shown first: the last ones, or those since a time."""

    last: int = 0
    since: datetime | None = None

    @property
    def wanted(self) -> bool:
        return bool(self.last) or self.since is not None

    @property
    def parameters(self) -> dict[str, str]:
        if self.since is not None:
            return {"from": self.since.isoformat()}
        return {"last": str(self.last)} if self.last else {}


class _Away(Exception):
    """The stream is not answered at present. The text says why, and `seconds` when to ask again."""

    def __init__(self, why: str, seconds: float = RETRY_SECONDS) -> None:
        super().__init__(why)
        self.seconds = seconds


class _NotFollowed(Exception):
    """The stream cannot be followed. The text says why."""


async def follow(
    find_access: FindAccess, streams: Mapping[str, Stream], beginning: Beginning, filters: Mapping[str, str]
) -> None:
    """Print the streams without end. Raises Misconfigured for an invalid key, and when none can be followed."""
    names = list(streams)
    connection = Connection(find_access, names)
    page = Page(beginning, names)
    limits = httpx.Timeout(10, read=SILENCE_SECONDS)
    async with httpx.AsyncClient(timeout=limits, trust_env=False) as client, asyncio.TaskGroup() as group:
        for name, stream in streams.items():
            group.create_task(Follower(client, connection, page, name, stream, beginning, filters).run())
        group.create_task(connection.report())
        group.create_task(page.print_past())
        group.create_task(_while_read())


class Page:
    """Prints the lines of all streams."""

    def __init__(self, beginning: Beginning, streams: Iterable[str]) -> None:
        self._beginning = beginning
        self._past: list[tuple[Line, str]] | None = [] if beginning.wanted else None
        self._unread = set(streams)
        self._first = asyncio.Event()

    def connected(self, stream: str) -> None:
        self._unread.discard(stream)
        self._first.set()

    def ended(self, stream: str) -> None:
        self._unread.discard(stream)

    def add(self, line: Line, colour: str) -> None:
        if self._past is None:
            _print(line, colour)
        else:
            self._past.append((line, colour))

    async def print_past(self) -> None:
        """Print the past events in order of time, once they are read. Later lines are printed at once."""
        if self._past is None:
            return
        await self._first.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(PAST_SECONDS):
                seen = -1
                while self._unread or seen != len(self._past):
                    seen = len(self._past)
                    await asyncio.sleep(QUIET_SECONDS)
        past, self._past = sorted(self._past, key=lambda item: item[0].at), None
        for line, colour in past if self._beginning.since else past[-self._beginning.last :]:
            _print(line, colour)


class Follower:
    """Follows one stream, and reconnects at its cursor."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        connection: Connection,
        page: Page,
        name: str,
        stream: Stream,
        beginning: Beginning,
        filters: Mapping[str, str],
    ) -> None:
        self._client = client
        self._connection = connection
        self._page = page
        self._name = name
        self._stream = stream
        self._beginning = beginning
        self._filters = filters
        self._cursor: str | None = None
        self._names = FoundNames(client, connection)

    async def run(self) -> None:
        while True:
            try:
                await self._read()
                # The server ends every stream from time to time, and when it stops: reconnect at once.
                await asyncio.sleep(QUIET_SECONDS)
            except _Away as problem:
                self._connection.lost(self._name, str(problem))
                await asyncio.sleep(problem.seconds)
            except _NotFollowed as problem:
                self._page.ended(self._name)
                self._connection.ended(self._name, str(problem))
                return

    async def _read(self) -> None:
        access = await self._access()
        headers = access.headers
        if self._cursor is not None:
            headers["Last-Event-ID"] = self._cursor
        begun = self._cursor is not None
        parameters = {**self._filters, **({} if begun else self._beginning.parameters)}
        address = access.url + self._stream.path
        opened = False
        try:
            async with aconnect_sse(self._client, "GET", address, headers=headers, params=parameters) as source:
                await _check(source.response, access.url)
                opened = True
                self._connection.opened(self._name, access.url)
                self._page.connected(self._name)
                async for event in source.aiter_sse():
                    await self._take(event)
        except httpx.TransportError as error:
            # A stream that breaks off is asked for again: whether Clearway answers is known then.
            if not opened:
                raise _Away(nothing_answers(access.url)) from error

    async def _access(self) -> Access:
        """Where to read. A key that is missing is looked up again once Clearway answers: its first start makes one."""
        access = self._connection.find_access()
        if access is not None and access.key is None:
            try:
                await self._client.get(f"{access.url}/healthz")
            except httpx.TransportError as error:
                raise _Away(nothing_answers(access.url)) from error
            access = self._connection.find_access()
        if access is None:
            raise _Away(nothing_answers(self._connection.url))
        return access

    async def _take(self, event: ServerSentEvent) -> None:
        self._cursor = event.id or self._cursor
        if not event.data:
            return
        if event.event == "resync":
            self._missed(event.json())
            return
        data: dict[str, Any] = event.json()
        description = await self._stream.describe(event.event, data, self._names)
        if description is not None:
            self._page.add(line_of(event.event, description), self._stream.colour)

    def _missed(self, data: dict[str, Any]) -> None:
        reason, snapshot = data.get("reason", "unknown"), data.get("snapshot", "")
        _say(f"Some {self._name} events are missing here: {reason}. To read the present state: GET {snapshot}")


class FoundNames:
    """The names that the API gives, each asked for once."""

    def __init__(self, client: httpx.AsyncClient, connection: Connection) -> None:
        self._client = client
        self._connection = connection
        self._names: dict[str, str] = {}

    async def find(self, path: str) -> str:
        if path not in self._names:
            # Without an answer the event is printed without the name.
            with suppress(httpx.HTTPError, Misconfigured, ValueError, KeyError):
                if (access := self._connection.find_access()) is not None:
                    answer = await self._client.get(access.url + path, headers=access.headers)
                    self._names[path] = str(answer.json()["name"])
        return self._names.get(path, "")

    def remember(self, path: str, name: str) -> None:
        self._names[path] = name


async def _check(response: httpx.Response, url: str) -> None:
    """Raise for an answer that is not a stream: Misconfigured for a key or a request with which no stream is given."""
    if response.status_code == 200 and "text/event-stream" in response.headers.get("Content-Type", ""):
        return
    await response.aread()
    if response.status_code == 401:
        raise key_refused(response, url)
    if response.status_code == 403:
        raise _NotFollowed(str(key_refused(response, url)))
    if may_answer_later(response):
        raise _Away(unavailable(response, url), seconds_to_wait(response) or RETRY_SECONDS)
    if is_no_address(response):
        raise _NotFollowed(f"Clearway at {url} has no such stream: its service is not installed there, or is older.")
    if detail := detail_of(response):
        raise _NotFollowed(f"Clearway at {url} refuses it: {detail}")
    raise _NotFollowed(str(no_clearway(url)))


async def _while_read() -> None:
    """Raise BrokenPipeError when the reader of standard output is gone, as after `| head`. Returns on a terminal."""
    if sys.stdout.isatty():
        return
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    poll = select.poll()
    poll.register(output, 0)
    while True:
        await asyncio.sleep(OUTPUT_CHECK_SECONDS)
        if any(flags & select.POLLERR for _, flags in poll.poll(0)):
            raise BrokenPipeError


def _print(line: Line, colour: str) -> None:
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    typer.echo(line.laid_out(terminal_width(), lambda kind: typer.style(kind, fg=colour) if coloured else kind))


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
