"""`python -m benchmarks [embedded] [kafka]`: start, measure, print, end what was started."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from benchmarks import floors
from benchmarks.conditions import durability, machine
from benchmarks.figures import Figures, console, print_conditions, print_figures, write_json
from benchmarks.floors import Sample, floors_of
from benchmarks.flow import figures_of, run_flow
from benchmarks.log import published
from benchmarks.platforms import Platform, embedded, kafka_and_postgres
from benchmarks.saturation import saturate, saturation_of
from benchmarks.start import measure_start
from clearway_testing.server import Unavailable
from clearway_testing.sources import running_kafka, running_postgres


class Engine(StrEnum):
    EMBEDDED = "embedded"
    KAFKA = "kafka"


@dataclass(frozen=True, slots=True)
class Load:
    """The load on a platform."""

    rates: Sequence[float]
    seconds: float
    clients: int


@dataclass(frozen=True, slots=True)
class Bench:
    """An engine to measure: its platform, which is started anew, and its floors on the same machine."""

    engine: Engine
    floors: Callable[[], Coroutine[Any, Any, list[Sample]]]
    platform: ExitStack
    start: Callable[[], Platform]


def main(
    engines: Annotated[list[Engine] | None, typer.Argument(help="Engines; by default both.")] = None,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long each load lasts.")] = 10.0,
    rate: Annotated[
        list[float] | None, typer.Option(min=1, max=2000, help="Reports a second; by default 20, 100.")
    ] = None,
    clients: Annotated[int, typer.Option(min=1, max=500, help="Concurrent clients at saturation.")] = 32,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file as well.")] = None,
) -> None:
    """Measure Clearway against the floors of the same run, and print both."""
    # SIGTERM ends the servers that it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    load = Load(rate or [20.0, 100.0], seconds, clients)
    print_conditions(machine())
    try:
        figures = [_measure(engine, load) for engine in engines or list(Engine)]
    except Unavailable as error:
        console.print(f"{error}", style="red", markup=False)
        sys.exit(1)
    if json is not None:
        write_json(json, machine(), figures)
    if any(engine.saturation.lost for engine in figures):
        sys.exit(1)


def _measure(engine: Engine, load: Load) -> Figures:
    with (
        TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True) as name,
        _bench(engine, Path(name)) as bench,
    ):
        console.print(f"\n{engine}: floors ...")
        before = asyncio.run(bench.floors())
        start = measure_start(Path(name)) if engine is Engine.EMBEDDED else None
        platform = bench.start()
        console.print(f"{engine}: loads of {load.seconds:g} s each ...")
        loaded = asyncio.run(_load(platform, load))
        console.print(f"{engine}: floors again ...")
        figures = replace(loaded, floors=floors_of(before, asyncio.run(bench.floors())), start=start)
        print_figures(figures)
        return figures


@contextmanager
def _bench(engine: Engine, directory: Path) -> Iterator[Bench]:
    with ExitStack() as servers, ExitStack() as platform:
        if engine is Engine.EMBEDDED:
            yield Bench(
                engine,
                lambda: _embedded_floors(directory),
                platform,
                lambda: platform.enter_context(embedded(directory)),
            )
            return
        kafka, postgres = (
            servers.enter_context(running_kafka(own=True)),
            servers.enter_context(running_postgres(own=True)),
        )
        floor = postgres.create_database("floor")
        yield Bench(
            engine,
            lambda: _kafka_floors(directory, kafka.url, floor),
            platform,
            lambda: platform.enter_context(kafka_and_postgres(directory, kafka, postgres)),
        )


async def _embedded_floors(directory: Path) -> list[Sample]:
    return [await floors.bare_post(directory), await floors.webhook_post(), await floors.sqlite_commit(directory)]


async def _kafka_floors(directory: Path, kafka: str, postgres: str) -> list[Sample]:
    shared = [await floors.bare_post(directory), await floors.webhook_post()]
    return [*shared, await floors.postgres_commit(postgres), await floors.kafka_hop(kafka)]


async def _load(platform: Platform, load: Load) -> Figures:
    stores = await durability(platform)
    runs = [await run_flow(platform, rate, load.seconds) for rate in load.rates]
    flood = await saturate(platform, load.clients, load.seconds)
    await asyncio.to_thread(platform.stop)
    log = await published(platform)
    return Figures(platform.engine, stores, [figures_of(run, log) for run in runs], saturation_of(flood, log))


if __name__ == "__main__":
    typer.run(main)
