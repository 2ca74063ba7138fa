"""Bulk over a real connection: lines are answered while others come, and for clients that only read at the end."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.web import large_bodies, two_way

from .mission import Mission, found_mission, report
from .served import Served

BULK = "/v1/incidents:bulk"


@pytest.fixture(scope="module")
def mission(platform: Served) -> Mission:
    return found_mission(platform, "unbulk")


def line(mission: Mission, **changes: Any) -> bytes:
    return json.dumps(report(mission.mark, incident_id=str(new_id()), **changes)).encode() + b"\n"


def head(mission: Mission, query: str = "") -> bytes:
    key = mission.tokens[Role.OPERATOR]
    return (
        f"POST {BULK}{query} HTTP/1.1\r\nHost: clearway.test\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    ).encode()


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


async def connected(platform: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = httpx.URL(platform.url)
    return await asyncio.open_connection(url.host, url.port)


async def result_on(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next line of the answer that is JSON."""
    async with asyncio.timeout(30):
        while not (read := await reader.readline()).startswith(b"{"):
            assert read, "the answer ended"
    found: dict[str, Any] = json.loads(read)
    return found


async def test_a_line_is_answered_while_the_body_is_open(platform: Served, mission: Mission) -> None:
    reader, writer = await connected(platform)
    writer.write(head(mission, "?at_once=true"))
    for number in (1, 2):
        writer.write(chunk(line(mission)))
        found = await result_on(reader)
        assert (found["line"], found["result"]) == (number, "created")
    writer.write(b"0\r\n\r\n")
    assert (await result_on(reader))["created"] == 2
    writer.close()


async def test_a_cut_keeps_what_is_on_record(platform: Served, mission: Mission) -> None:
    first = line(mission)
    reader, writer = await connected(platform)
    writer.write(head(mission, "?at_once=true") + chunk(first) + chunk(line(mission)[:-20]))
    assert (await result_on(reader))["result"] == "created"
    writer.transport.abort()
    reader, writer = await connected(platform)
    writer.write(head(mission) + chunk(first) + b"0\r\n\r\n")
    assert (await result_on(reader))["result"] == "unchanged"
    writer.close()


async def test_a_silent_client_is_told_where_it_stands(
    platform: Served, mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_way, "SILENT_SECONDS", 0.5)
    reader, writer = await connected(platform)
    writer.write(head(mission) + chunk(line(mission)))
    assert (await result_on(reader))["result"] == "created"
    end = await result_on(reader)
    assert (end["created"], end["problem"]["status"]) == (1, 408)
    writer.close()


def test_more_than_one_body_may_hold_by_a_client_that_reads_at_the_end(platform: Served, mission: Mission) -> None:
    """The body is twice as large as another one may be."""
    lines = [line(mission, narrative="a" * 4_000) for _ in range(500)]
    assert sum(map(len, lines)) > 2 * platform.process.settings.max_body_bytes

    def body() -> Iterator[bytes]:
        yield from lines

    with mission.client(Role.OPERATOR) as client:
        answer = client.post(BULK, content=body(), headers={"Content-Type": "application/x-ndjson"})
    *results, end = map(json.loads, answer.text.splitlines())
    assert [one["line"] for one in results] == list(range(1, 501))
    assert (end["created"], end["problem"]) == (500, None)


async def test_two_at_a_time_of_a_mission_are_read(
    platform: Served, mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they hold in memory is bounded; the others are told to wait, and nothing of them is read."""
    monkeypatch.setattr(large_bodies, "WAIT_SECONDS", 0.2)
    held = []
    for _ in range(large_bodies.OF_A_MISSION):
        reader, writer = await connected(platform)
        writer.write(head(mission, "?at_once=true") + chunk(line(mission)))
        assert (await result_on(reader))["result"] == "created"
        held.append((reader, writer))
    reader, writer = await connected(platform)
    writer.write(head(mission) + chunk(line(mission)) + b"0\r\n\r\n")
    assert (await result_on(reader))["status"] == 503
    writer.close()
    for reader, writer in held:
        writer.write(b"0\r\n\r\n")
        assert (await result_on(reader))["created"] == 1
        writer.close()
    reader, writer = await connected(platform)
    writer.write(head(mission) + chunk(line(mission)) + b"0\r\n\r\n")
    assert (await result_on(reader))["result"] == "created"
    writer.close()
