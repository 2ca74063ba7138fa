"""A photo is larger than any other body: it is received once its sender is known, in places of its own, and others wait
for none of it."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from io import BytesIO
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from clearway_platform.auth.principals import Role
from clearway_platform.web import envelope, large_bodies
from clearway_platform.web.problems import Problem

from .holds import MOST_UNITS, watched
from .mission import Mission, made, report
from .served import Served

MOST = 10 * 1_048_576
USUAL = 1_048_576


@pytest.fixture(scope="module")
def large() -> bytes:
    """A photo of nearly the largest size."""
    written = BytesIO()
    noise = random.Random(1).randbytes(2400 * 1800 * 3)
    Image.frombytes("RGB", (2400, 1800), noise).save(written, "JPEG", quality=98)
    content = written.getvalue()
    assert 5 * USUAL < len(content) < MOST
    return content


def address(mission: Mission) -> str:
    return f"/v1/incidents/{mission.ids['incident_id']}/attachments"


@contextmanager
def begun(mission: Mission, *, declared: int, sent: bytes = b"", key: str | None = None) -> Iterator[socket.socket]:
    """A photo whose head came, and the beginning of its body."""
    url = urlsplit(mission.platform.url)
    token = mission.tokens[Role.REPORTER] if key is None else key
    head = (
        f"POST {address(mission)} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {declared}\r\n\r\n"
    )
    with closing(socket.create_connection((url.hostname or "", url.port or 0), timeout=20)) as connection:
        connection.sendall(head.encode() + sent)
        yield connection


def answer_of(connection: socket.socket) -> tuple[int, str]:
    """The status, and the code of the problem."""
    with connection.makefile("rb") as lines:
        status = int(lines.readline().split()[1])
        size = 0
        while (line := lines.readline().strip().lower()) != b"":
            size = int(line.split()[1]) if line.startswith(b"content-length") else size
        return status, json.loads(lines.read(size))["code"]


def test_a_large_photo_holds_no_one_up(north: Mission, platform: Served, large: bytes) -> None:
    with watched(platform) as holds, north.client() as client:
        units = holds.of(partial(_send, client, address(north), large))
    assert units <= MOST_UNITS


def _send(client: httpx.Client, path: str, content: bytes) -> None:
    assert made(client.post(path, content=content))["width"] == 2400


def test_who_is_unknown_or_asks_in_vain_sends_nothing(north: Mission, south: Mission) -> None:
    """The answer comes before any of the body is there."""
    with begun(north, declared=MOST, key="cwk_0123456789abcdef_nobody") as connection:
        assert answer_of(connection) == (401, "bad_key")
    with begun(north, declared=MOST, key=south.tokens[Role.REPORTER]) as connection:
        assert answer_of(connection) == (404, "not_found")
    with begun(north, declared=MOST + 1) as connection:
        assert answer_of(connection) == (413, "too_large")


def test_more_than_was_said_is_refused(north: Mission) -> None:
    with north.client(Role.REPORTER) as client:
        answer = client.post(address(north), content=iter([b"\xff\xd8\xff", *[b"x" * USUAL] * 11]))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_other_bodies_are_as_large_as_ever(north: Mission) -> None:
    with north.client() as client:
        answer = client.post("/v1/incidents", json=report("x" * (USUAL + 1)))
        assert answer.status_code == 413
        answer = client.put(address(north), content=b"x" * (USUAL + 1))
        assert answer.status_code == 413


def test_who_sends_slowly_is_not_waited_for(north: Mission, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "BODY_SECONDS", 0.3)
    with begun(north, declared=MOST, sent=b"\xff\xd8\xff") as connection:
        assert answer_of(connection)[0] == 408


def test_a_mission_whose_photos_come_slowly_reports_all_the_same(
    north: Mission, south: Mission, large: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own photos wait, then it is told to come again. Another mission's do not, and nobody's reports."""
    monkeypatch.setattr(large_bodies, "WAIT_SECONDS", 0.3)
    with begun(north, declared=MOST, sent=large[:100_000]), begun(north, declared=MOST, sent=large[:100_000]):
        with north.client(Role.REPORTER) as client:
            assert client.post("/v1/incidents", json=report(north.mark)).status_code == 201
            assert client.get(address(north)).status_code == 200
            refused = client.post(address(north), content=large)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        with south.client(Role.REPORTER) as client:
            assert made(client.post(address(south), content=large))["width"] == 2400
    # Their places are free again when they have left.
    with north.client(Role.REPORTER) as client:
        assert made(client.post(address(north), content=large))["width"] == 2400


async def test_the_process_has_so_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_bodies, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(large_bodies, "OF_THE_PROCESS", 2)
    receiving = large_bodies.Receiving()
    async with receiving.of("one"), receiving.of("two"):
        with pytest.raises(Problem):
            async with receiving.of("three"):
                pass
    async with receiving.of("three"):
        await asyncio.sleep(0)
