"""Turns: the requests of one mission wait for each other, and keep no other mission waiting.

All requests of a process are computed on one event loop. Without turns a mission that sends many at once would get as
many parts of it, and the one that sends a single request one. Reads and large bodies are computed one after another.
What is small and writes waits only where a mission sends many at once while another is there, and then for a tenth of a
second at most: a report is worth more than the order. What ends a warning never waits here. Nor do health, the
beginning of a stream, and what is refused. A body that is read line by line has a turn for each group of lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clearway_platform.auth.principals import Principal
from clearway_platform.places import OTHERS_SECONDS, AlternatingPlaces, Attendance, BriefPlaces, Rest
from clearway_platform.web.large_bodies import LargeBodies

# Reads of one mission, in one process. They are computed one after another; one that waits for a thread or its database
# keeps the next from its turn for a moment only.
AT_ONCE: Final = 4
# Small writes of one mission, in one process, while another mission is there.
WRITES_AT_ONCE: Final = 2
# A body from this size on takes a millisecond or more to be parsed, in one piece: of a mission one at once, in its turn
# with reads. Nothing that ends a warning is as large.
LARGE_BYTES: Final = 65_536
# A read may take long because it waits for its database.
REST: Final = Rest(times=1.0, seconds=OTHERS_SECONDS)
# What a large body records, seconds of work for an import, is work for every consumer afterwards, about twice as much.
LARGE_REST: Final = Rest(times=2.0, seconds=5.0)
_READS: Final = frozenset({"GET", "HEAD"})
_TURN: Final = "turn"
_END: Final = "turn_end"
_TURN_OF_PART: Final = "turn_of_part"
_SCHEME: Final = "bearer "
_EVENT_STREAM: Final = "text/event-stream"


async def take_turn(scope: Scope, mission: str) -> None:
    """Wait until this request of the mission may be computed. Its turn lasts until its answer is, however often it
    asks."""
    wait = scope.get("state", {}).pop(_TURN, None)
    if wait is not None:
        await wait(mission)


@asynccontextmanager
async def turn_of_part(scope: Scope, mission: str) -> AsyncIterator[None]:
    """Surrounds the work with one part of a body that is read while it is answered: as much as a large body."""
    turn = scope.get("state", {}).get(_TURN_OF_PART)
    async with AsyncExitStack() as stack:
        if turn is not None:
            await turn(mission, stack)
        yield


async def leave_turn(scope: Scope) -> None:
    """End the turn of this request: nothing is left to compute, and what it waits for now is no part of the loop."""
    end = scope.get("state", {}).pop(_END, None)
    if end is not None:
        await end()


class Turns:
    """ASGI middleware. A request says itself when it needs its turn, with `take_turn`: once its caller is known, and
    before it has anything that others need. A body is parsed before that, so `principal_of` says whose a large one is:
    the caller behind a key or a token, or None. `large`: operations that receive and compute theirs elsewhere."""

    def __init__(
        self,
        app: ASGIApp,
        principal_of: Callable[[str], Awaitable[Principal | None]],
        large: LargeBodies | None = None,
    ) -> None:
        self._app = app
        self._principal_of = principal_of
        self._large = large or LargeBodies()
        attendance = Attendance()
        self._reads = AlternatingPlaces(AT_ONCE, attendance, REST)
        self._writes = BriefPlaces(WRITES_AT_ONCE, attendance)
        self._large_bodies = AlternatingPlaces(1, attendance, LARGE_REST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._large.of(scope) is not None:
            scope.setdefault("state", {})[_TURN_OF_PART] = self._of_large
            await self._app(scope, receive, send)
            return
        async with AsyncExitStack() as turn:
            size = 0
            if scope["method"] not in _READS and _may_be_large(headers := Headers(scope=scope)):
                # The whole body first: a turn is not for waiting for a slow client.
                receive, size = await _received(receive)
            if size >= LARGE_BYTES:
                await self._of_large(await self._owner_of(headers), turn)
            else:
                places = self._reads if scope["method"] in _READS else self._writes
                scope.setdefault("state", {}).update({_TURN: _turn_of(places, turn), _END: turn.aclose})
            await self._app(scope, receive, _Answer(send, turn))

    async def _of_large(self, owner: str | None, turn: AsyncExitStack) -> None:
        await turn.enter_async_context(self._large_bodies.of(owner))
        await turn.enter_async_context(self._reads.of(owner))

    async def _owner_of(self, headers: Headers) -> str | None:
        """The mission of the caller. None without a valid key: the application refuses those, and says why."""
        given = headers.get("authorization", "")
        if not given.lower().startswith(_SCHEME):
            return None
        try:
            principal = await self._principal_of(given[len(_SCHEME) :].strip())
        except Exception:  # the application meets the same error, and answers it
            return None
        return None if principal is None else principal.mission


def _turn_of(places: AlternatingPlaces | BriefPlaces, turn: AsyncExitStack) -> Callable[[str], Awaitable[None]]:
    return lambda mission: turn.enter_async_context(places.of(mission))


class _Answer:
    """An answer that ends its turn as soon as it is computed: what follows waits for the client."""

    def __init__(self, send: Send, turn: AsyncExitStack) -> None:
        self._send = send
        self._turn = turn

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.body" or _begins_a_stream(message):
            await self._turn.aclose()
        await self._send(message)


def _begins_a_stream(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith(_EVENT_STREAM)


def _may_be_large(headers: Headers) -> bool:
    """Whether the body is large, or of a size that is not known yet."""
    declared = headers.get("content-length")
    if declared is None:
        return "transfer-encoding" in headers
    return declared.isdecimal() and int(declared) >= LARGE_BYTES


async def _received(receive: Receive) -> tuple[Receive, int]:
    """What gives a body that has arrived, and then what comes after it; and the size of the body."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    size = sum(len(message.get("body", b"")) for message in messages)
    messages.reverse()

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again, size
