"""`python -m benchmarks.map [embedded] [postgresql]`: 100,000 incidents on the map, beside none, in one run."""

import asyncio
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer
from playwright.async_api import Browser

import clearway_dashboard.main
from benchmarks.client import client_of
from benchmarks.conditions import machine
from benchmarks.figures import console, print_conditions
from benchmarks.map.answers import ZOOMS, ask
from benchmarks.map.figures import (
    Look,
    Looks,
    MapFigures,
    looks_of,
    print_answers,
    print_reports,
    print_windows,
    write_map,
)
from benchmarks.map.reports import Posted, asking, post, subscribe
from benchmarks.map.theatre import MISSION, record_theatre
from benchmarks.map.window import Place, opened
from benchmarks.platforms import Platform, embedded
from clearway_testing.browser import chromium
from clearway_testing.platforms import stored_services
from clearway_testing.server import DatabaseServer, Unavailable
from clearway_testing.sources import running_postgres

WIDEST: Final = ZOOMS["theatre"]


class Engine(StrEnum):
    EMBEDDED = "embedded"
    POSTGRESQL = "postgresql"


def main(
    engines: Annotated[list[Engine] | None, typer.Argument(help="Databases; by default both.")] = None,
    incidents: Annotated[int, typer.Option(min=2_001, max=1_000_000, help="How many there are.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="How often the page is opened.")] = 3,
    browser: Annotated[bool, typer.Option(help="Open the page, on the embedded default.")] = True,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file as well.")] = None,
) -> None:
    """Measure the map of a mission with many incidents beside that of one without any."""
    # SIGTERM ends the servers that it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print_conditions(machine())
    figures = []
    try:
        for engine in engines or list(Engine):
            looks = rounds if browser and engine is Engine.EMBEDDED else 0
            figures.append(_measure(engine, incidents, looks))
    except Unavailable as error:
        console.print(f"{error}", style="red", markup=False)
        sys.exit(1)
    if json is not None:
        write_map(json, machine(), figures)


def _measure(engine: Engine, incidents: int, rounds: int) -> MapFigures:
    if rounds and not (clearway_dashboard.main.BUILT / "index.html").exists():
        raise Unavailable("the page is not built: make page")
    with TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        server = stack.enter_context(running_postgres(own=True)) if engine is Engine.POSTGRESQL else None
        console.print(f"\n{engine}: recording {incidents:,} incidents ...")
        begun = time.perf_counter()
        many = stack.enter_context(_platform(Path(name) / "many", server, incidents))
        filled = time.perf_counter() - begun
        console.print(f"{engine}: recorded in {filled:.0f} s")
        empty = stack.enter_context(_platform(Path(name) / "empty", server, 0))
        console.print(f"{engine}: answers ...")
        answers = asyncio.run(ask(many, empty))
        print_answers(engine, answers)
        windows, reports = asyncio.run(_look(many, empty, rounds)) if rounds else (None, None)
        return MapFigures(engine, incidents, filled, answers, windows, reports)


@contextmanager
def _platform(directory: Path, server: DatabaseServer | None, incidents: int) -> Iterator[Platform]:
    """A platform that starts with so many incidents on record."""
    directory.mkdir()
    if server is None:
        databases = None
        record = f"sqlite:///{directory / 'data' / 'incidents.db'}"
    else:
        owners = (*stored_services(), "keys")
        databases = {owner: server.create_database(f"{directory.name}_{owner}") for owner in owners}
        record = databases["incidents"]
    asyncio.run(record_theatre(record, incidents))
    with embedded(directory, databases) as platform:
        yield platform


async def _look(many: Platform, empty: Platform, rounds: int) -> tuple[dict[str, Looks], dict[str, Posted]]:
    """Both in turn, so that a slow moment of the machine affects both."""
    looks: dict[str, list[Look]] = {"many": [], "empty": []}
    async with chromium() as browser:
        places = {"many": await _place(many), "empty": await _place(empty)}
        for number in range(rounds):
            console.print(f"page Now, round {number + 1} of {rounds} ...")
            for name, place in places.items():
                looks[name].append(await _one_look(browser, place))
        windows = {name: looks_of(found) for name, found in looks.items()}
        print_windows(windows)
        console.print("reports while a map is panned ...")
        reports = await _reports(browser, many, places)
        print_reports(reports)
        return windows, reports


async def _place(platform: Platform) -> Place:
    return Place(platform.addresses["incidents"], await platform.create_key(MISSION))


async def _one_look(browser: Browser, place: Place) -> Look:
    async with opened(browser, place, WIDEST) as window:
        movement = await window.move()
        return Look(window.drawn_ms, movement, await window.heap_mib(), window.features, window.answers)


async def _reports(browser: Browser, many: Platform, places: Mapping[str, Place]) -> dict[str, Posted]:
    """Posted to the platform with many incidents, whichever map is panned: a browser that draws by software takes
    most of a processor for either. What the server takes for its map is measured without one."""
    found = {}
    async with client_of(many, MISSION) as client:
        await subscribe(client)
        found["no map"] = await post(client)
        found["its map asked for, not drawn"] = await post(client, asking(client, WIDEST))
        for name, place in (("the other platform's empty map", places["empty"]), ("its own map", places["many"])):
            async with opened(browser, place, WIDEST) as window:
                found[name] = await post(client, window.pan_and_zoom)
        found["no map, at the end"] = await post(client)
    return found


if __name__ == "__main__":
    typer.run(main)
