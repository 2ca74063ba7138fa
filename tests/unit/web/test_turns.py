"""The reads and the large bodies of a mission take turns, its small writes where another mission is there; and no other
mission waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.types import Message, Receive, Scope, Send

from clearway_platform import places
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.web.turns import AT_ONCE, LARGE_BYTES, LARGE_REST, WRITES_AT_ONCE, Turns, leave_turn, take_turn

SECONDS = 20
LARGE = b"x" * LARGE_BYTES


async def principal_of(token: str) -> Principal | None:
    """The token is the name of its mission."""
    if token == "broken":
        raise ConnectionError("the directory is away")
    return None if token == "unknown" else Principal("1", "a test", token, Role.ADMIN)


@dataclass
class Application:
    """Computes until it is let go, and then answers. A read takes its turn as often as it is said here."""

    takes_turns: int = 1
    running: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    content_type: bytes = b"application/json"
    leaves: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(self.takes_turns):
            await take_turn(scope, scope["mission"])
        self.running.append(scope["path"])
        if self.leaves:
            await leave_turn(scope)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        if self.content_type == b"application/json":
            await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", self.content_type)]})
        if self.content_type != b"application/json":
            await self.go_on.wait()
        await send({"type": "http.response.body", "body": b"{}"})


@dataclass
class Caller:
    """Requests of a client, which reads an answer when it is told to."""

    app: Turns
    group: asyncio.TaskGroup
    reads: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self, path: str, mission: str, method: str = "GET", body: bytes = b"", *, chunked: bool = False) -> None:
        size = [(b"transfer-encoding", b"chunked")] if chunked else [(b"content-length", str(len(body)).encode())]
        headers = [(b"authorization", f"Bearer {mission}".encode()), *size]
        scope: Scope = {"type": "http", "method": method, "path": path, "headers": headers, "mission": mission}
        half = len(body) // 2
        messages: list[Message] = [
            {"type": "http.request", "body": body[half:], "more_body": False},
            {"type": "http.request", "body": body[:half], "more_body": True},
        ]

        async def receive() -> Message:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await self.reads.wait()

        self.group.create_task(self.app(scope, receive, send))


@asynccontextmanager
async def calling(application: Application) -> AsyncIterator[Caller]:
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        caller = Caller(Turns(application, principal_of), group)
        yield caller
        application.go_on.set()
        caller.reads.set()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read does not wait for the one before it, only for a place."""
    monkeypatch.setattr(places, "OWN_SECONDS", 0.0)


async def test_reads_of_a_mission_are_computed_one_after_another() -> None:
    application = Application()
    async with calling(application) as caller:
        for number in range(3):
            caller.ask(f"/{number}", "north")
        await settled()
        assert application.running == ["/0"]
    assert application.running == ["/0", "/1", "/2"]


@pytest.mark.usefixtures("impatient")
async def test_so_many_reads_of_a_mission_wait_for_something_at_once_and_those_of_another_as_well() -> None:
    application = Application()
    async with calling(application) as caller:
        for number in range(2 * AT_ONCE):
            caller.ask(f"/north/{number}", "north")
        await settled()
        assert application.running == [f"/north/{number}" for number in range(AT_ONCE)]
        caller.ask("/south", "south")
        await settled()
        assert application.running[-1] == "/south"
    assert len(application.running) == 2 * AT_ONCE + 1


@pytest.mark.usefixtures("impatient")
async def test_a_read_that_asks_for_its_turn_again_has_it() -> None:
    application = Application(takes_turns=2)
    async with calling(application) as caller:
        for number in range(2 * AT_ONCE):
            caller.ask(f"/{number}", "north")
        await settled()
        assert application.running == [f"/{number}" for number in range(AT_ONCE)]
    assert len(application.running) == 2 * AT_ONCE


async def test_a_read_that_has_left_its_turn_keeps_no_other_waiting() -> None:
    application = Application(leaves=True)
    async with calling(application) as caller:
        for number in range(2 * AT_ONCE):
            caller.ask(f"/{number}", "north")
            await settled()
        assert len(application.running) == 2 * AT_ONCE


async def test_what_takes_no_turn_waits_for_nothing() -> None:
    """Health, a stream, and whatever is refused."""
    application = Application(takes_turns=0)
    async with calling(application) as caller:
        for _ in range(2 * AT_ONCE):
            caller.ask("/healthz", "north")
        await settled()
        assert len(application.running) == 2 * AT_ONCE


@pytest.mark.parametrize("mission", ["unknown", "broken"])
async def test_large_bodies_of_nobody_wait_for_each_other_alone(mission: str) -> None:
    application = Application()
    async with calling(application) as caller:
        for _ in range(2):
            caller.ask("/of nobody", mission, "POST", LARGE)
        caller.ask("/of a mission", "south", "POST", LARGE)
        await settled()
        assert application.running == ["/of nobody", "/of a mission"]
    assert application.bodies == [LARGE] * 3


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_a_small_write_of_a_mission_that_is_alone_waits_for_nothing(method: str, chunked: bool) -> None:
    """Whether it says its size or not."""
    application = Application()
    async with calling(application) as caller:
        for _ in range(2 * AT_ONCE):
            caller.ask("/read", "north")
        caller.ask("/large", "north", "POST", LARGE)
        for _ in range(2 * AT_ONCE):
            caller.ask("/write", "north", method, LARGE[:-1], chunked=chunked)
        await settled()
        assert application.running.count("/write") == 2 * AT_ONCE


@pytest.mark.parametrize("other", ["GET", "POST"])
async def test_where_another_mission_is_there_few_small_writes_are_under_way_and_the_others_wait_a_moment(
    other: str,
) -> None:
    application = Application()
    async with calling(application) as caller:
        caller.ask("/of another", "south", other)
        await settled()
        for _ in range(2 * WRITES_AT_ONCE):
            caller.ask("/write", "north", "POST")
        await settled()
        assert application.running == ["/of another", *["/write"] * WRITES_AT_ONCE]
        while len(application.running) < 2 * WRITES_AT_ONCE + 1:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)


async def test_where_another_mission_is_there_a_large_body_is_followed_by_a_rest() -> None:
    """What it records is work for others afterwards. Its mission's reads wait for that no longer than for other
    reads."""
    application, loop, took = Application(), asyncio.get_running_loop(), 0.2
    async with calling(application) as caller:
        caller.ask("/of another", "south")
        await settled()
        for number in range(2):
            caller.ask(f"/large {number}", "north", "POST", LARGE)
        await settled()
        assert application.running == ["/of another", "/large 0"]
        await asyncio.sleep(took)
        application.go_on.set()
        answered = loop.time()
        await settled()
        caller.ask("/read", "north")
        while "/read" not in application.running:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.001)
        assert "/large 1" not in application.running
        while "/large 1" not in application.running:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.001)
        assert loop.time() - answered >= LARGE_REST.times * took


async def test_a_small_write_begins_when_one_before_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "OTHERS_SECONDS", float(SECONDS))
    application = Application()
    async with calling(application) as caller:
        caller.ask("/of another", "south")
        await settled()
        for _ in range(2 * WRITES_AT_ONCE):
            caller.ask("/write", "north", "POST")
        await settled()
        assert application.running.count("/write") == WRITES_AT_ONCE
        application.go_on.set()
        await settled()
        assert application.running.count("/write") == 2 * WRITES_AT_ONCE


@pytest.mark.parametrize("chunked", [False, True])
async def test_of_a_mission_one_large_body_is_taken_at_once_and_each_arrives_whole(chunked: bool) -> None:
    application = Application()
    async with calling(application) as caller:
        for _ in range(2 * AT_ONCE):
            caller.ask("/write", "north", "POST", LARGE, chunked=chunked)
        caller.ask("/of another", "south", "POST", LARGE, chunked=chunked)
        await settled()
        assert application.running == ["/write", "/of another"]
    assert application.bodies == [LARGE] * (2 * AT_ONCE + 1)


async def test_a_client_that_reads_slowly_keeps_no_turn() -> None:
    application = Application()
    async with calling(application) as caller:
        for _ in range(2 * AT_ONCE):
            caller.ask("/", "north")
        application.go_on.set()
        await settled()
        assert len(application.running) == 2 * AT_ONCE


async def test_a_stream_keeps_no_turn() -> None:
    application = Application(content_type=b"text/event-stream; charset=utf-8")
    async with calling(application) as caller:
        for _ in range(2 * AT_ONCE):
            caller.ask("/", "north")
        await settled()
        assert len(application.running) == 2 * AT_ONCE
