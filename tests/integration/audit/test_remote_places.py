"""Checkpoints at an S3-compatible store and at a webhook, over the network.

The store is moto's server: it speaks the protocol of S3, and keeps its objects in memory.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import obstore
import pytest
from aiohttp import web
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from clearway_platform.audit.links import Fault
from clearway_platform.checkpoints.findings import PLACE
from clearway_platform.checkpoints.places.opening import open_place
from clearway_platform.checkpoints.places.place import PlaceError
from clearway_platform.checkpoints.statement import read_line

from .conftest import Audit

SECRETS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The address of a store with a bucket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(store: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{abs(hash(request.node.name))}"
    httpx.put(f"{store}/{name}", trust_env=False).raise_for_status()
    return name


async def test_checkpoints_in_a_bucket(audit: Audit, store: str, bucket: str) -> None:
    place = open_place(f"s3://{bucket}/clearway/checkpoints?endpoint={store}&region=us-east-1")
    assert place.name == f"s3://{bucket}/clearway/checkpoints"
    audit.places = [place]
    for _ in range(3):
        await audit.record(2)
        await audit.checkpoint()
    lines = await place.read()
    assert lines is not None
    assert [one.statement.sequence for line in lines if (one := read_line(line)) is not None] == [1, 2, 3]
    assert (await audit.report()).findings == []

    objects = S3Store(bucket, config={"endpoint": store}, client_options={"allow_http": True})
    await obstore.delete_async(objects, "clearway/checkpoints/000000000002.json")
    found = await audit.found()
    assert (found.chain, found.fault, found.sequence) == (PLACE, Fault.REMOVED, 2)


async def test_a_store_that_is_away_is_waited_for(audit: Audit, store: str, bucket: str) -> None:
    address = f"s3://{bucket}-missing/x?endpoint={store}&region=us-east-1"
    audit.places = [open_place(address), *audit.places]
    await audit.record(1)
    await audit.checkpoint()
    assert len(audit.file.read_text().splitlines()) == 1
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.put(f"{store}/{bucket}-missing")).raise_for_status()
    await audit.making().write()
    assert len(await audit.places[0].read() or ()) == 1


@asynccontextmanager
async def receiver(statuses: list[int]) -> AsyncIterator[tuple[str, list[str]]]:
    """A receiver that answers these, then 204; its address, and what came."""
    bodies: list[str] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.text())
        return web.Response(status=statuses.pop(0) if statuses else 204)

    app = web.Application()
    app.router.add_post("/secret-path", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/secret-path", bodies
    finally:
        await runner.cleanup()


async def test_checkpoints_at_a_webhook(audit: Audit) -> None:
    async with receiver([503]) as (url, bodies):
        place = open_place(url)
        assert "secret" not in place.name
        audit.places = [place, *audit.places]
        await audit.record(1)
        await audit.checkpoint()  # is answered 503
        await audit.record(1)
        await audit.checkpoint()
    taken = [one.statement.sequence for body in bodies[1:] if (one := read_line(body)) is not None]
    assert taken == [1, 2]
    # What the receiver kept is checked as a file.
    audit.file.write_text("".join(f"{body}\n" for body in bodies[1:]))
    assert (await audit.report()).findings == []


async def test_a_receiver_that_is_away(audit: Audit) -> None:
    place = open_place("http://127.0.0.1:9/x")
    await audit.record(1)
    making = audit.making()
    made = await making.make(audit.key)
    assert made is not None
    with pytest.raises(PlaceError, match="ConnectError"):
        await place.write([made])
