"""`python -m benchmarks.receivers`: what bad receivers cost the good ones, beside the good ones alone, in one run.

Two missions have as many receivers, each on an address of its own. In one of them a fifth is bad: they hang, drip, cut
the connection, or have a name that no name server answers for. Rounds of both follow each other, and what is measured
are the same good ones.
"""

import asyncio
import random
import signal
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final
from uuid import UUID, uuid4

import httpx
import typer
from aiohttp import web
from rich.table import Table

from benchmarks.conditions import machine
from benchmarks.figures import console, print_conditions
from benchmarks.latency import Spread
from benchmarks.workload import report, subscription
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_testing.name_server import NEVER, serving_names
from clearway_testing.platforms import Platform, embedded_platform

ALONE: Final = "alone"
MIXED: Final = "mixed"
# Bad receivers are in use before anything is measured: a time limit and more.
WARM_SECONDS: Final = 20.0
LAST_SECONDS: Final = 20.0
SETTINGS: Final = {"CLEARWAY_WEBHOOK_TIMEOUT_SECONDS": "15"}
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Good:
    """Receivers on addresses of their own. `arrived` has seconds since 1970 by incident and receiver."""

    def __init__(self) -> None:
        self.arrived: dict[tuple[UUID, str], float] = {}

    async def take(self, request: web.Request) -> web.Response:
        now = time.time()
        said = await request.json()
        if said["type"] == "challenge":
            return web.Response(text=said["data"]["challenge"])
        self.arrived.setdefault((UUID(said["data"]["incident_id"]), request.host), now)
        return web.Response(status=204)


async def hangs(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(65_536):
        pass


async def drips(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _drip(writer, b"HTTP/1.1 200 OK\r\nX-Drip: " + b"." * 1000)


async def drips_its_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    await _drip(writer, b"." * 1000)


async def _drip(writer: asyncio.StreamWriter, said: bytes) -> None:
    with suppress(ConnectionError):
        for byte in said:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.5)
    writer.close()


async def cuts(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


BAD: Final[Sequence[Serve]] = (hangs, drips, drips_its_body, cuts)


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds from a report to its arrival at each good receiver."""

    alone: list[float]
    mixed: list[float]


def main(
    receivers: Annotated[int, typer.Option(min=5, max=250, help="Receivers of a mission.")] = 25,
    rate: Annotated[float, typer.Option(min=0.1, max=100, help="Reports a second.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds of each mission.")] = 6,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long each round lasts.")] = 15.0,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file as well.")] = None,
) -> None:
    """Measure good receivers alone, and beside bad ones: one in five."""
    # SIGTERM ends the servers that it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print_conditions(machine())
    figures = asyncio.run(_measure(receivers, rate, rounds, seconds))
    _print(figures, receivers)
    if json is not None:
        json.write_text(dumps({"machine": asdict(machine()), **asdict(figures)}))


async def _measure(count: int, rate: float, rounds: int, seconds: float) -> Figures:
    receivers, bad_ones = Good(), count // 5
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True))
        names = await stack.enter_async_context(serving_names({}, {".test": NEVER}))
        every = await stack.enter_async_context(_good(receivers, count))
        bad, urls = await stack.enter_async_context(_bad(bad_ones)), every[bad_ones:]
        settings = SETTINGS | {"CLEARWAY_WEBHOOK_NAME_SERVERS": names.address}
        platform = await embedded_platform(stack, Path(folder), settings)
        clients = {
            ALONE: await stack.enter_async_context(_client(platform, ALONE, every)),
            MIXED: await stack.enter_async_context(_client(platform, MIXED, [*urls, *bad])),
        }
        chance = random.Random(1)
        await _post(clients[MIXED], rate, WARM_SECONDS, chance)
        await _post(clients[ALONE], rate, 2.0, chance)
        sent: dict[str, dict[UUID, float]] = {ALONE: {}, MIXED: {}}
        for number in range(rounds):
            for mission in (ALONE, MIXED) if number % 2 else (MIXED, ALONE):
                sent[mission] |= await _post(clients[mission], rate, seconds, chance)
        wanted = {(incident, url) for posted in sent.values() for incident in posted for url in _hosts(urls)}
        for _ in range(int(LAST_SECONDS / 0.1)):
            if wanted <= receivers.arrived.keys():
                break
            await asyncio.sleep(0.1)
        if missing := wanted - receivers.arrived.keys():
            raise SystemExit(f"{len(missing)} of {len(wanted)} messages have not arrived")
    return Figures(_latencies(receivers, sent[ALONE], urls), _latencies(receivers, sent[MIXED], urls))


def _latencies(receivers: Good, sent: Mapping[UUID, float], urls: Sequence[str]) -> list[float]:
    return [(receivers.arrived[incident, host] - at) * 1000 for incident, at in sent.items() for host in _hosts(urls)]


def _hosts(urls: Sequence[str]) -> list[str]:
    return [url.split("/")[2] for url in urls]


@asynccontextmanager
async def _good(receivers: Good, count: int) -> AsyncIterator[list[str]]:
    app = web.Application()
    app.router.add_post("/alerts", receivers.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        for number in range(count):
            await web.TCPSite(runner, f"127.1.0.{number + 1}", 0).start()
        yield [f"http://{address[0]}:{address[1]}/alerts" for address in runner.addresses]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _bad(count: int) -> AsyncIterator[list[str]]:
    """Every fifth one has a name that no server answers for."""
    urls: list[str] = []
    tasks: list[asyncio.Task[None] | None] = []
    async with AsyncExitStack() as servers:
        for number in range(count):
            kind = number % (len(BAD) + 1)
            if kind == len(BAD):
                urls.append(f"https://n{number}.test/alerts")
                continue
            server = await asyncio.start_server(_kept(BAD[kind], tasks), f"127.2.0.{number + 1}", 0)
            servers.callback(server.close)
            host, port = server.sockets[0].getsockname()
            urls.append(f"http://{host}:{port}/alerts")
        yield urls
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _kept(serve: Serve, tasks: list[asyncio.Task[None] | None]) -> Serve:
    """It ends in silence when it is cancelled: the server would print that."""

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        with suppress(asyncio.CancelledError, ConnectionError):
            await serve(reader, writer)

    return keep


@asynccontextmanager
async def _client(platform: Platform, mission: str, urls: Sequence[str]) -> AsyncIterator[httpx.AsyncClient]:
    token = await platform.key(mission, Role.ADMIN)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=platform.address("/v1/incidents"), headers=headers, timeout=30) as client:
        for url in urls:
            (await client.post("/v1/subscriptions", json=subscription(url))).raise_for_status()
        yield client


async def _post(client: httpx.AsyncClient, rate: float, seconds: float, chance: random.Random) -> dict[UUID, float]:
    """When each incident was reported, in seconds since 1970."""
    sent: dict[UUID, float] = {}
    for _ in range(max(int(rate * seconds), 1)):
        incident, began = new_id(), time.time()
        sent[incident] = began
        key = {"Idempotency-Key": uuid4().hex}
        (await client.post("/v1/incidents", json=report(incident, chance), headers=key)).raise_for_status()
        await asyncio.sleep(max(began + 1 / rate - time.time(), 0))
    return sent


def _print(figures: Figures, count: int) -> None:
    alone, mixed = Spread.of_many(figures.alone), Spread.of_many(figures.mixed)
    title = f"from report to {count - count // 5} good receivers, {alone.count + mixed.count} messages"
    table = Table("receivers", "p50 ms", "p95 ms", "p99 ms", "worst ms", title=title)
    for name, spread in (("floor: beside good ones alone", alone), (f"beside {count // 5} bad ones", mixed)):
        table.add_row(name, *(f"{one:.1f}" for one in (spread.p50, spread.p95, spread.p99, spread.worst)))
    shares = (mixed.p50 / alone.p50, mixed.p95 / alone.p95, mixed.p99 / alone.p99)
    table.add_row("beside / alone", *(f"{share:.2f}×" for share in shares), "")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
