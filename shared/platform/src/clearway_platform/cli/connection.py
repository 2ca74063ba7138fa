"""Which streams `clearway tail` follows at present, and what it tells the user of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import typer

from clearway_platform.cli.client import Access
from clearway_platform.cli.configuration import Misconfigured

QUIET_SECONDS: Final = 0.3
# Streams begin, break and return together: for so long one of them is waited for, before anything is said.
SETTLE_SECONDS: Final = 5.0
_RETRYING: Final = "Retrying; stop with Ctrl-C."

FindAccess = Callable[[], Access]  # raises Misconfigured


class _State(Enum):
    BEGINS = auto()
    OPEN = auto()
    AWAY = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream's state; `problem` says why it is away or has ended."""

    state: _State
    problem: str = ""


class Connection:
    """The streams and their state. Each change is said once, and for all streams together."""

    def __init__(self, find_access: FindAccess, streams: Iterable[str]) -> None:
        self._find_access = find_access
        self._streams = {name: _Stream(_State.BEGINS) for name in streams}
        self._reported = dict(self._streams)
        self._url: str | None = None
        self._begun = False
        self._changed = asyncio.Event()

    def find_access(self) -> Access | None:
        """Looked up each time: after an interruption another process, with another key, may answer.

        None while nothing runs on the data folder any more: the default address would be another Clearway's.
        """
        access = self._find_access()
        return None if access.assumed and self._url not in (None, access.url) else access

    @property
    def url(self) -> str:
        """The address at which streams were followed last."""
        return self._url or ""

    def opened(self, stream: str, url: str) -> None:
        self._url = url
        self._put(stream, _Stream(_State.OPEN))

    def lost(self, stream: str, problem: str) -> None:
        """It is not answered at present."""
        self._put(stream, _Stream(_State.AWAY, problem))

    def ended(self, stream: str, problem: str) -> None:
        """It cannot be followed. Raises Misconfigured when none can."""
        self._put(stream, _Stream(_State.ENDED, problem))
        if all(one.state is _State.ENDED for one in self._streams.values()):
            raise Misconfigured("\n".join(self._not_followed(self._news())))

    async def report(self) -> None:
        """Say what changes, without end."""
        while True:
            await self._changed.wait()
            await self._settle()
            for sentence in self._sentences(self._news()):
                typer.echo(sentence, err=True)

    def _put(self, name: str, stream: _Stream) -> None:
        self._streams[name] = stream
        self._changed.set()

    async def _settle(self) -> None:
        """Wait until all streams are open or all are away, and nothing changes any more; at most for some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while True:
                    self._changed.clear()
                    await asyncio.sleep(QUIET_SECONDS)
                    if self._live_states() in ({_State.OPEN}, {_State.AWAY}) and not self._changed.is_set():
                        return
                    await self._changed.wait()

    def _live_states(self) -> set[_State]:
        return {one.state for one in self._streams.values()} - {_State.ENDED}

    def _news(self) -> dict[str, _Stream]:
        """The streams whose state changed since the last message; their present state counts as reported."""
        news = {name: one for name, one in self._streams.items() if one != self._reported[name]}
        self._reported = dict(self._streams)
        return news

    def _sentences(self, news: Mapping[str, _Stream]) -> Iterator[str]:
        if opened := [name for name, one in news.items() if one.state is _State.OPEN]:
            yield self._following(opened)
        yield from self._not_followed(news)
        yield from self._not_answered(news)

    def _following(self, opened: list[str]) -> str:
        names = ", ".join(opened)
        if not self._begun:
            self._begun = True
            return f"Following {names} at {self.url}. Stop with Ctrl-C."
        live = [name for name, one in self._streams.items() if one.state is not _State.ENDED]
        return f"Clearway answers again at {self.url}." if opened == live else f"Now following {names} at {self.url}."

    def _not_followed(self, news: Mapping[str, _Stream]) -> Iterator[str]:
        for problem, names in _by_problem(news, _State.ENDED):
            yield f"Not followed: {', '.join(names)}. {problem}"

    def _not_answered(self, news: Mapping[str, _Stream]) -> Iterator[str]:
        alone = self._live_states() == {_State.AWAY}
        for problem, names in _by_problem(news, _State.AWAY):
            yield f"{problem} {_RETRYING}" if alone else f"No events of {', '.join(names)}: {problem} {_RETRYING}"


def _by_problem(streams: Mapping[str, _Stream], state: _State) -> Iterator[tuple[str, list[str]]]:
    """The streams in a state, those with the same problem together."""
    problems = dict.fromkeys(one.problem for one in streams.values() if one.state is state)
    for problem in problems:
        yield problem, [name for name, one in streams.items() if one.state is state and one.problem == problem]
