"""What `clearway tail` says of its connection: each change once, for all streams together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from clearway_platform.cli import connection
from clearway_platform.cli.client import Access
from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.connection import Connection

URL, AWAY = "http://clearway.test", "Nothing answers at http://clearway.test."
NAMES = ("alerts", "incidents", "routes")


def found() -> Access:
    return Access(URL, "cwk_a_b")


class Said:
    """The sentences of a connection since they were last asked for."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def then(self) -> list[str]:
        await asyncio.sleep(0.05)
        return self._capsys.readouterr().err.splitlines()


@asynccontextmanager
async def reporting(made: Connection) -> AsyncIterator[None]:
    task = asyncio.create_task(made.report())
    yield
    task.cancel()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setattr(connection, "QUIET_SECONDS", 0.001)
    monkeypatch.setattr(connection, "SETTLE_SECONDS", 30.0)
    return Connection(found, NAMES)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(capsys)


async def test_a_beginning_an_interruption_and_a_return_are_a_sentence_each(made: Connection, said: Said) -> None:
    async with reporting(made):
        for name in NAMES:
            assert await said.then() == []
            made.opened(name, URL)
        assert await said.then() == [f"Following alerts, incidents, routes at {URL}. Stop with Ctrl-C."]
        for name in NAMES:
            assert await said.then() == []
            made.lost(name, AWAY)
        assert await said.then() == [f"{AWAY} Retrying; stop with Ctrl-C."]
        for name in NAMES:
            made.lost(name, AWAY)
        assert await said.then() == []
        for name in NAMES:
            made.opened(name, "http://clearway.test:81")
        assert await said.then() == ["Clearway answers again at http://clearway.test:81."]


async def test_an_interruption_that_is_over_before_it_is_said_is_not_said(made: Connection, said: Said) -> None:
    async with reporting(made):
        for name in NAMES:
            made.opened(name, URL)
        await said.then()
        made.lost("routes", AWAY)
        await asyncio.sleep(0)
        made.opened("routes", URL)
        assert await said.then() == []


async def test_where_nothing_answers_first_the_beginning_is_said_later(made: Connection, said: Said) -> None:
    async with reporting(made):
        for name in NAMES:
            made.lost(name, AWAY)
        assert await said.then() == [f"{AWAY} Retrying; stop with Ctrl-C."]
        for name in NAMES:
            made.lost(name, "Clearway answers 503: Run `clearway migrate`.")
        assert await said.then() == ["Clearway answers 503: Run `clearway migrate`. Retrying; stop with Ctrl-C."]
        for name in NAMES:
            made.opened(name, URL)
        assert await said.then() == [f"Following alerts, incidents, routes at {URL}. Stop with Ctrl-C."]


async def test_a_stream_that_does_not_answer_is_named(
    made: Connection, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SETTLE_SECONDS", 0.01)
    async with reporting(made):
        made.opened("alerts", URL)
        made.opened("routes", URL)
        made.lost("incidents", "It answers 503.")
        assert await said.then() == [
            f"Following alerts, routes at {URL}. Stop with Ctrl-C.",
            "No events of incidents: It answers 503. Retrying; stop with Ctrl-C.",
        ]
        made.opened("incidents", URL)
        assert await said.then() == [f"Now following incidents at {URL}."]


async def test_streams_that_cannot_be_followed_are_named_with_the_reason(made: Connection, said: Said) -> None:
    async with reporting(made):
        made.ended("alerts", "It is not there.")
        made.ended("routes", "It is not there.")
        made.opened("incidents", URL)
        assert await said.then() == [
            f"Following incidents at {URL}. Stop with Ctrl-C.",
            "Not followed: alerts, routes. It is not there.",
        ]
        with pytest.raises(Misconfigured) as raised:
            made.ended("incidents", "The role may not read it.")
        assert str(raised.value) == "Not followed: incidents. The role may not read it."


async def test_where_none_can_be_followed_it_ends(made: Connection) -> None:
    made.ended("alerts", "It is not there.")
    made.ended("routes", "The role may not read it.")
    with pytest.raises(Misconfigured) as raised:
        made.ended("incidents", "It is not there.")
    assert str(raised.value).splitlines() == [
        "Not followed: alerts, incidents. It is not there.",
        "Not followed: routes. The role may not read it.",
    ]


async def test_what_was_followed_is_not_looked_for_at_the_default_address() -> None:
    runs = True
    default = "http://127.0.0.1:8080"
    made = Connection(lambda: found() if runs else Access(default, "cwk_a_b", assumed=True), NAMES)
    assert made.find_access() == found()
    runs = False
    assert made.find_access() == Access(default, "cwk_a_b", assumed=True)
    made.opened("alerts", URL)
    assert made.find_access() is None
    assert made.url == URL
    runs = True
    assert made.find_access() == found()
