"""Follows the streams: a connection for each, which reconnects at its cursor, and one page that prints all lines."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
import typer
from httpx_sse import ServerSentEvent, aconnect_sse

from clearway_platform.cli.client import Access
from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.event_lines import Line, line_of
from clearway_platform.cli.listing import printable, terminal_width
from clearway_platform.cli.streams import Stream

RETRY_SECONDS: Final = 2.0
# The server sends something every 15 seconds: a connection that is silent for this long is lost.
SILENCE_SECONDS: Final = 60.0
# Past events of all streams are printed in order of time: once every stream is read, or after this long.
QUIET_SECONDS: Final = 0.3
PAST_SECONDS: Final = 3.0
OUTPUT_CHECK_SECONDS: Final = 1.0
_DENIED: Final = (401, 403)

FindAccess = Callable[[], Access]  # raises Misconfigured


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


async def follow(find_access: FindAccess, streams: Mapping[str, Stream], beginning: Beginning) -> None:
    """Print the streams without end. Raises Misconfigured for a key that may not read one of them."""
    names = list(streams)
    connection = Connection(find_access, names)
    page = Page(beginning, names)
    limits = httpx.Timeout(10, read=SILENCE_SECONDS)
    async with httpx.AsyncClient(timeout=limits, trust_env=False) as client, asyncio.TaskGroup() as group:
        for name, stream in streams.items():
            group.create_task(Follower(client, connection, page, name, stream, beginning).run())
        group.create_task(page.print_past())
        group.create_task(_while_read())


class Connection:
    """Tells the user, once per change, whether Clearway answers."""

    def __init__(self, find_access: FindAccess, streams: Iterable[str]) -> None:
        self.find_access = find_access
        self._streams = list(streams)
        self._away: set[str] = set()
        self._begun = False
        self._reported_away = False

    def lost(self, stream: str, problem: str) -> None:
        self._away.add(stream)
        if not self._reported_away:
            self._reported_away = True
            _say(f"{problem} Retrying; stop with Ctrl-C.")

    def answers(self, stream: str, url: str) -> None:
        self._away.discard(stream)
        if not self._begun:
            self._begun, self._reported_away = True, False
            _say(f"Following {', '.join(self._streams)} at {url}. Stop with Ctrl-C.")
        elif self._reported_away and not self._away:
            self._reported_away = False
            _say(f"Clearway answers again at {url}.")


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
    ) -> None:
        self._client = client
        self._connection = connection
        self._page = page
        self._name = name
        self._stream = stream
        self._beginning = beginning
        self._cursor: str | None = None
        self._names = FoundNames(client, connection)

    async def run(self) -> None:
        while True:
            # Looked up each time: after an interruption another process, with another key, may answer.
            access = self._connection.find_access()
            try:
                await self._read(access)
                # The server ends every stream from time to time, and when it stops: reconnect at once.
                await asyncio.sleep(QUIET_SECONDS)
                continue
            except httpx.HTTPStatusError as error:
                problem = f"Clearway at {access.url} answers {error.response.status_code}."
            except httpx.TransportError:
                problem = f"Nothing answers at {access.url}. Is Clearway running?"
            self._connection.lost(self._name, problem)
            await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, access: Access) -> None:
        if access.key is None:
            access = await self._with_key(access)
        headers = access.headers
        if self._cursor is not None:
            headers["Last-Event-ID"] = self._cursor
        parameters = {} if self._cursor is not None else self._beginning.parameters
        address = access.url + self._stream.path
        async with aconnect_sse(self._client, "GET", address, headers=headers, params=parameters) as source:
            await _refuse(source.response, access.url)
            self._connection.answers(self._name, access.url)
            self._page.connected(self._name)
            async for event in source.aiter_sse():
                await self._take(event)

    async def _with_key(self, access: Access) -> Access:
        """The access, once Clearway answers: after its first start it has a key."""
        await self._client.get(f"{access.url}/healthz")
        return self._connection.find_access()

    async def _take(self, event: ServerSentEvent) -> None:
        self._cursor = event.id or self._cursor
        if not event.data:
            return
        if event.event == "resync":
            self._missed(event.json())
            return
        data: dict[str, Any] = event.json()
        told = await self._stream.tell(event.event, data, self._names)
        if told is not None:
            self._page.add(line_of(event.event, told), self._stream.colour)

    def _missed(self, data: dict[str, Any]) -> None:
        reason, snapshot = data.get("reason", "unknown"), data.get("snapshot", "")
        _say(f"Some {self._name} events are missing here: {reason}. What is so now: GET {snapshot}")


class FoundNames:
    """The names that the API gives, each asked for once."""

    def __init__(self, client: httpx.AsyncClient, connection: Connection) -> None:
        self._client = client
        self._connection = connection
        self._names: dict[str, str] = {}

    async def find(self, path: str) -> str:
        if path not in self._names:
            access = self._connection.find_access()
            with suppress(httpx.HTTPError, ValueError, KeyError):
                answer = await self._client.get(access.url + path, headers=access.headers)
                self._names[path] = str(answer.json()["name"])
        return self._names.get(path, "")

    def remember(self, path: str, name: str) -> None:
        self._names[path] = name


async def _refuse(response: httpx.Response, url: str) -> None:
    """Raise for an answer that is not a stream: Misconfigured if a retry cannot help."""
    if response.status_code in _DENIED:
        await response.aread()
        raise Misconfigured(
            f"{_detail(response)} {url} refused the API key. Set another with --key or CLEARWAY_API_KEY."
        )
    if response.status_code >= 500 or response.status_code == 429:
        response.raise_for_status()
    if response.status_code != 200 or "text/event-stream" not in response.headers.get("Content-Type", ""):
        raise Misconfigured(f"The server at {url} is not Clearway, or an older version. Check the address.")


def _detail(response: httpx.Response) -> str:
    try:
        return printable(str(response.json()["detail"]))
    except (ValueError, KeyError, TypeError):
        return ""


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
