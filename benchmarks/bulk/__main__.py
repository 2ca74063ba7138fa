"""`python -m benchmarks.bulk [embedded] [postgresql]`: rows a second of `POST /v1/incidents:bulk`.

All services are in one process. It is measured until the last row is answered, which means on disk, and until every
consumer has handled the last event. The floor is the bare driver that writes the same rows in the same groups.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import psutil
import typer
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from rich.table import Table

from benchmarks.bulk.client import Orders, send
from benchmarks.bulk.floor import floor
from benchmarks.client import Client, client_of
from benchmarks.conditions import durability, machine
from benchmarks.figures import console, print_conditions
from benchmarks.platforms import Platform, embedded
from clearway_contracts.topics import INCIDENTS
from clearway_testing.platforms import stored_services
from clearway_testing.server import Unavailable
from clearway_testing.sources import running_postgres

MISSION: Final = "bulk"
FIRST_ROWS: Final = 500
LONGEST_SECONDS: Final = 600.0
LOOK_SECONDS: Final = 0.1


class Engine(StrEnum):
    EMBEDDED = "embedded"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows a second: answered, and followed by every consumer. Microseconds of processor time a row: of the server
    until the last answer and until all had followed, and of the client."""

    engine: str
    rows: int
    answered: float
    followed: float
    answered_us: float
    followed_us: float
    client_us: float
    holds_over_50_ms: int


def main(
    engines: Annotated[list[Engine] | None, typer.Argument(help="Databases; by default both.")] = None,
    rows: Annotated[int, typer.Option(min=1_000, max=1_000_000, help="Rows that are sent.")] = 20_000,
    named: Annotated[bool, typer.Option(help="Each row has an external name, as in imports, not an id.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file as well.")] = None,
) -> None:
    """Measure a bulk import, its consumers, and the bare driver in the same run."""
    # SIGTERM ends the servers that it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print_conditions(machine())
    try:
        found = [_measured(engine, rows, named=named) for engine in engines or list(Engine)]
    except Unavailable as error:
        console.print(f"{error}", style="red", markup=False)
        sys.exit(1)
    if json is not None:
        whole = {"machine": asdict(machine()), "figures": found}
        json.write_text(dumps(whole, indent=2) + "\n")


def _measured(engine: Engine, rows: int, *, named: bool) -> dict[str, Any]:
    with (
        TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True) as name,
        _databases(engine, Path(name)) as (databases, empty),
    ):
        with embedded(Path(name), databases if engine is Engine.POSTGRESQL else None) as platform:
            measured = asyncio.run(_run(platform, engine, rows, named=named))
        first, second = (asyncio.run(floor(databases["incidents"], url)) for url in empty)
        _print(measured, (first, second))
        return {**asdict(measured), "bare_driver": [first, second]}


@contextmanager
def _databases(engine: Engine, directory: Path) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The addresses of the databases by owner, and of two that are empty."""
    if engine is Engine.EMBEDDED:
        own = {"incidents": f"sqlite:///{directory / 'data' / 'incidents.db'}"}
        yield own, [f"sqlite:///{directory / f'floor-{number}.db'}" for number in (1, 2)]
        return
    with running_postgres(own=True) as server:
        databases = {owner: server.create_database(owner) for owner in (*stored_services(), "keys")}
        yield databases, [server.create_database(f"floor_{number}") for number in (1, 2)]


async def _run(platform: Platform, engine: Engine, rows: int, *, named: bool) -> Measured:
    if engine is Engine.EMBEDDED:
        for store, promise in (await durability(platform)).items():
            console.print(f"{store}: {promise}", highlight=False)
    orders = Orders(platform.addresses["incidents"], await platform.create_key(MISSION), rows, named)
    async with client_of(platform, MISSION) as client:
        await asyncio.to_thread(send, replace(orders, rows=FIRST_ROWS))
        await _followed(client, FIRST_ROWS)
        holds, own = await _holds(client), _processor_seconds()
        watching = asyncio.create_task(_followed(client, FIRST_ROWS + rows))
        sent = await asyncio.to_thread(send, orders)
        answered = _processor_seconds() - own
        followed_at = await watching
        followed = _processor_seconds() - own
        if sent.results.get("created") != rows:
            raise RuntimeError(f"not every row was created: {sent.results}")
        return Measured(
            engine.value,
            rows,
            rows / (sent.ended - sent.begun),
            rows / (followed_at - sent.begun),
            answered / rows * 1e6,
            followed / rows * 1e6,
            sent.client_seconds / rows * 1e6,
            await _holds(client) - holds,
        )


async def _followed(client: Client, rows: int) -> float:
    """When every consumer of incidents has handled so many events. Raises TimeoutError."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while True:
            handled = dict.fromkeys(INCIDENTS.consumers, 0.0)
            for sample in await _samples(client, "clearway_consumer_messages_total"):
                if sample.labels["topic"] == INCIDENTS.name:
                    handled[sample.labels["consumer"]] = handled.get(sample.labels["consumer"], 0.0) + sample.value
            if min(handled.values()) >= rows:
                return time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)


async def _holds(client: Client) -> int:
    """How often the event loop of the server was held for more than 50 ms."""
    found = {
        sample.labels["le"]: sample.value for sample in await _samples(client, "clearway_loop_hold_seconds_bucket")
    }
    return int(found["+Inf"] - found["0.05"])


async def _samples(client: Client, name: str) -> list[Sample]:
    async with client.session.get(f"{client.platform.addresses['incidents']}/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
    return [sample for family in families for sample in family.samples if sample.name == name]


def _processor_seconds() -> float:
    """Of the server, and of what it started."""
    times = [
        process.cpu_times() for process in psutil.Process().children(recursive=True) if "up" in process.cmdline()[1:3]
    ]
    return sum(one.user + one.system for one in times)


def _print(measured: Measured, floors: tuple[float, float]) -> None:
    bare = sum(floors) / len(floors)
    title = f"Bulk, {measured.rows:,} rows: {measured.engine}"
    table = Table("", "rows/s", "of the bare driver", "server µs/row", title=title)
    for name, rate, cost in (
        ("answered", measured.answered, measured.answered_us),
        ("followed", measured.followed, measured.followed_us),
    ):
        table.add_row(name, f"{rate:,.0f}", f"{rate / bare:.2f}×", f"{cost:.0f}")
    table.add_row("bare driver", " and ".join(f"{one:,.0f}" for one in floors), "1×", "")
    console.print(table)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    console.print(
        f"client {measured.client_us:.0f} µs/row; the loop was held for over 50 ms {measured.holds_over_50_ms} times; "
        f"load of the machine {load}",
        highlight=False,
    )


if __name__ == "__main__":
    typer.run(main)
