"""`python -m benchmarks.restart [embedded] [kafka]`: how soon a warning arrives that was on its way at a kill -9.

A receiver does not answer, the process that sends is killed and started again, and the receiver answers. The floor is
the start of the same process until it says that it is ready, in the same round.
"""

import asyncio
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
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
from clearway_testing.platforms import Platform, ServerProcess, distributed_platform, embedded_platform
from clearway_testing.receiver import Receiver
from clearway_testing.server import Unavailable
from clearway_testing.sources import running_kafka, running_postgres

MISSION: Final = "restarts"
# The lease of an attempt is this and five seconds more.
SETTINGS: Final = {"CLEARWAY_WEBHOOK_TIMEOUT_SECONDS": "15"}
LONGEST_SECONDS: Final = 60


class Engine(StrEnum):
    EMBEDDED = "embedded"
    KAFKA = "kafka"


@dataclass(frozen=True, slots=True)
class Round:
    """Milliseconds from the start of the process: until it was ready, and until the warning arrived."""

    ready: float
    received: float


class Silent(Receiver):
    """It takes warnings and does not answer them, while `is_silent`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_silent = True
        self.arrived: asyncio.Queue[UUID] = asyncio.Queue()
        self._answers = asyncio.Event()

    def answer(self, *, always: bool) -> None:
        self.is_silent = not always
        self._answers.set()
        self._answers = asyncio.Event()

    async def _take(self, request: web.Request) -> web.Response:
        said = await request.json()
        if said["type"] == "challenge":
            return web.Response(text=said["data"]["challenge"])
        self.arrived.put_nowait(UUID(said["data"]["incident_id"]))
        if self.is_silent:
            await self._answers.wait()
        return web.Response(status=204)


def main(
    engines: Annotated[list[Engine] | None, typer.Argument(help="Engines; by default both.")] = None,
    kills: Annotated[int, typer.Option(min=2, max=1000, help="How often the process is killed.")] = 30,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file as well.")] = None,
) -> None:
    """Measure the first receipt after a restart beside the start itself."""
    # SIGTERM ends the servers that it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print_conditions(machine())
    try:
        figures = {engine: asyncio.run(_measure(engine, kills)) for engine in engines or list(Engine)}
    except Unavailable as error:
        console.print(f"{error}", style="red", markup=False)
        sys.exit(1)
    if json is not None:
        found = {engine: [asdict(one) for one in rounds] for engine, rounds in figures.items()}
        json.write_text(dumps({"machine": asdict(machine()), "rounds": found}, indent=2))


async def _measure(engine: Engine, kills: int) -> list[Round]:
    async with _platform(engine) as platform, Silent() as receiver, httpx.AsyncClient(timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {await platform.key(MISSION, Role.ADMIN)}"
        wanted = subscription(receiver.url)
        made = await client.post(f"{platform.address('/v1/subscriptions')}/v1/subscriptions", json=wanted)
        made.raise_for_status()
        chance = random.Random(1)
        rounds = [await _kill_once(platform, client, receiver, chance) for _ in range(kills)]
    _print(engine, rounds)
    return rounds


@asynccontextmanager
async def _platform(engine: Engine) -> AsyncIterator[Platform]:
    with TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True) as name:
        async with AsyncExitStack() as stack:
            if engine is Engine.EMBEDDED:
                yield await embedded_platform(stack, Path(name), SETTINGS)
                return
            kafka = await asyncio.to_thread(stack.enter_context, running_kafka(own=True))
            postgres = await asyncio.to_thread(stack.enter_context, running_postgres(own=True))
            databases = iter(range(100))
            yield await distributed_platform(
                stack,
                Path(name),
                kafka.url,
                lambda: postgres.create_database(f"bench_{next(databases)}_{uuid4().hex}"),
                SETTINGS,
            )


async def _kill_once(platform: Platform, client: httpx.AsyncClient, receiver: Silent, chance: random.Random) -> Round:
    sending = platform.servers.get("alerts") or platform.servers["all"]
    incident = new_id()
    address = f"{platform.address('/v1/incidents')}/v1/incidents"
    posted = await client.post(address, json=report(incident, chance), headers={"Idempotency-Key": uuid4().hex})
    posted.raise_for_status()
    await _arrival(receiver, incident)
    await sending.kill()
    receiver.answer(always=True)
    begun = time.perf_counter()
    await sending.launch()
    ready = asyncio.create_task(_ready(sending, begun))
    await _arrival(receiver, incident)
    received = (time.perf_counter() - begun) * 1000
    found = Round(await ready, received)
    receiver.answer(always=False)
    return found


async def _ready(server: ServerProcess, begun: float) -> float:
    await server.ready()
    return (time.perf_counter() - begun) * 1000


async def _arrival(receiver: Silent, incident: UUID) -> None:
    async with asyncio.timeout(LONGEST_SECONDS):
        while await receiver.arrived.get() != incident:
            pass


def _print(engine: Engine, rounds: list[Round]) -> None:
    ready, received = Spread.of_many([one.ready for one in rounds]), Spread.of_many([one.received for one in rounds])
    table = Table("after a kill -9", "p50 ms", "p99 ms", "worst ms", title=f"{engine}: {len(rounds)} kills")
    for name, spread in (("floor: ready", ready), ("first receipt", received)):
        table.add_row(name, f"{spread.p50:.0f}", f"{spread.p99:.0f}", f"{spread.worst:.0f}")
    table.add_row("first receipt / floor", f"{received.p50 / ready.p50:.2f}×", f"{received.p99 / ready.p99:.2f}×", "")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
