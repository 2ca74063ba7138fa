"""`python -m benchmarks.hostile [embedded] [postgresql]`: what one mission waits while another sends its worst."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import aiohttp
import typer
from rich.table import Table

from benchmarks.conditions import machine
from benchmarks.figures import console, print_conditions
from benchmarks.hostile.attacks import attacks, prepare
from benchmarks.hostile.sender import Orders, sending
from benchmarks.hostile.victim import Waited, settled, wait
from benchmarks.map.theatre import record_theatre
from benchmarks.platforms import Platform, embedded
from clearway_testing.platforms import stored_services
from clearway_testing.server import Unavailable
from clearway_testing.sources import running_postgres

HOSTILE: Final = "hostile"
OTHER: Final = "other"
OTHERS_INCIDENTS: Final = 2_000
ALONE: Final = "alone"
ALL: Final = "all of them"
WARM_UP_SECONDS: Final = 3.0


class Engine(StrEnum):
    EMBEDDED = "embedded"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Load:
    """How many incidents the hostile mission has, on how many connections it sends, and how long each attack lasts."""

    incidents: int
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """What was waited meanwhile, and how many answers a second the attack got."""

    attack: str
    waited: Waited
    ratio: float
    answers: float
    refused: float


def main(
    engines: Annotated[list[Engine] | None, typer.Argument(help="Databases; by default both.")] = None,
    incidents: Annotated[int, typer.Option(min=1_000, max=1_000_000, help="Of the hostile mission.")] = 100_000,
    connections: Annotated[int, typer.Option(min=1, max=200, help="On which it sends at once.")] = 8,
    seconds: Annotated[float, typer.Option(min=2, max=600, help="How long each attack lasts.")] = 6.0,
    only: Annotated[list[str] | None, typer.Option(help="Attacks; by default each alone, then all.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file as well.")] = None,
) -> None:
    """Measure the lists of one mission alone, and while another sends its worst."""
    # SIGTERM ends the servers that it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print_conditions(machine())
    load, found = Load(incidents, connections, seconds), {}
    try:
        for engine in engines or list(Engine):
            with _platform(engine, load) as platform:
                found[engine.value] = asyncio.run(_measure(platform, load, only))
            _print(engine, load, found[engine.value])
    except Unavailable as error:
        console.print(f"{error}", style="red", markup=False)
        sys.exit(1)
    if json is not None:
        _write(json, load, found)


@contextmanager
def _platform(engine: Engine, load: Load) -> Iterator[Platform]:
    """One process with all services: what holds its loop holds everything."""
    with TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        console.print(f"\n{engine}: recording {load.incidents:,} incidents ...")
        if engine is Engine.EMBEDDED:
            _record(f"sqlite:///{directory / 'data' / 'incidents.db'}", load)
            with embedded(directory) as platform:
                yield platform
            return
        with running_postgres(own=True) as server:
            databases = {owner: server.create_database(owner) for owner in (*stored_services(), "keys")}
            _record(databases["incidents"], load)
            with embedded(directory, databases) as platform:
                yield platform


def _record(url: str, load: Load) -> None:
    for mission, number in ((HOSTILE, load.incidents), (OTHER, OTHERS_INCIDENTS)):
        asyncio.run(record_theatre(url, number, mission))


async def _measure(platform: Platform, load: Load, only: Sequence[str] | None) -> list[Row]:
    """Alone before and after, so that a machine that became slower meanwhile is seen."""
    address, token = platform.addresses["incidents"], await platform.create_key(HOSTILE)
    async with _session(token) as hostile, _session(await platform.create_key(OTHER)) as other:
        kept = await prepare(hostile, platform.addresses)
        await wait(other, address, WARM_UP_SECONDS)
        await settled(other, address)
        alone = await wait(other, address, load.seconds * 2)
        rows = [Row(f"{ALONE}, before", alone, 1.0, 0.0, 0.0)]
        every = list(attacks(kept))
        each = [(name, [name]) for name in every if not only or name in only]
        for name, names in [*each, *([(ALL, every)] if not only or ALL in only else [])]:
            console.print(f"{name} ... (load {os.getloadavg()[0]:.1f})", highlight=False)
            orders = Orders(dict(platform.addresses), token, kept, names, load.connections)
            await settled(other, address)
            with sending(orders) as attack:
                await asyncio.sleep(1.0)
                waited = await wait(other, address, load.seconds)
            rows.append(_row(name, waited, alone, attack.answered, load.seconds + 1))
        await settled(other, address)
        console.print(f"{ALONE}, after ... (load {os.getloadavg()[0]:.1f})", highlight=False)
        after = await wait(other, address, load.seconds * 2)
        return [*rows, _row(f"{ALONE}, after", after, alone, {}, load.seconds)]


def _row(name: str, waited: Waited, alone: Waited, answered: Mapping[str, int], seconds: float) -> Row:
    rates = [answered.get(kind, 0) / seconds for kind in ("answers", "refused")]
    return Row(name, waited, waited.lists.p99 / alone.lists.p99, *rates)


def _session(token: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {token}"},
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=120),
    )


def _print(engine: Engine, load: Load, rows: Sequence[Row]) -> None:
    title = f"/v1/incidents of a mission while another sends on {load.connections} connections: {engine}"
    table = Table("the other sends", "p50 ms", "p99 ms", "worst", "p99 / alone", title=title)
    for heading in ("its answers/s", "refused/s", "holds > 50 ms", "> 100 ms"):
        table.add_column(heading)
    for row in rows:
        lists, figures = row.waited.lists, (row.answers, row.refused)
        table.add_row(
            row.attack,
            *(f"{value:.1f}" for value in (lists.p50, lists.p99, lists.worst)),
            f"{row.ratio:.1f}×",
            *(f"{value:.1f}" for value in figures),
            str(row.waited.over_50_ms),
            str(row.waited.over_100_ms),
        )
    console.print(table)
    console.print(f"load of the machine: {' '.join(f'{one:.1f}' for one in os.getloadavg())}", highlight=False)


def _write(path: Path, load: Load, found: Mapping[str, Sequence[Row]]) -> None:
    engines = {engine: [asdict(row) for row in rows] for engine, rows in found.items()}
    whole = {"machine": asdict(machine()), "load": asdict(load), "engines": engines}
    path.write_text(json.dumps(whole, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
