"""`python -m benchmarks.replicas`: how long warnings pause when a replica of alerts is killed, on Kafka and PostgreSQL.

Two replicas are killed with SIGKILL in turn, each again after the other is back, while reports come in. The pause of a
kill is the longest way from an incident's event in the log to that of its alert, of those that came around it. It is
given as a ratio to the session of a member: before that ends nobody can know that one is gone.
"""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer
from rich.table import Table

from benchmarks.client import Client, client_of
from benchmarks.conditions import machine
from benchmarks.figures import console, print_conditions
from benchmarks.latency import Spread
from benchmarks.log import Published, published
from benchmarks.platforms import Platform, kafka_and_postgres
from benchmarks.workload import ROAD, as_body, report
from clearway_platform.clock import new_id
from clearway_platform.log.kafka.sessions import SHORT
from clearway_testing.server import Unavailable, free_port
from clearway_testing.sources import running_kafka, running_postgres

RATE: Final = 20.0
# Reports from shortly before a kill: some are handled by the replica that is killed.
BEFORE_SECONDS: Final = 0.5
AFTER_SECONDS: Final = 10.0
# The subscriber reads the stream: what a webhook adds is no part of this.
SUBSCRIPTION: Final = {
    "name": "benchmark",
    "filter": {"area": {"type": "corridor", "line": {"type": "LineString", "coordinates": ROAD}, "width_m": 2000}},
    "channel": {"type": "stream"},
}


def main(
    kills: Annotated[int, typer.Option(min=2, max=200, help="How often a replica is killed.")] = 20,
) -> None:
    """Kill two replicas of alerts in turn, and print how long warnings paused."""
    # SIGTERM ends the servers that it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print_conditions(machine())
    try:
        with (
            TemporaryDirectory(prefix="clearway-bench-", ignore_cleanup_errors=True) as name,
            running_kafka(own=True) as kafka,
            running_postgres(own=True) as postgres,
            kafka_and_postgres(Path(name), kafka, postgres) as platform,
        ):
            quiet, killed, log = asyncio.run(_measure(platform, kills))
    except Unavailable as error:
        console.print(f"{error}", style="red", markup=False)
        sys.exit(1)
    without = [one for one in log.appended if one not in log.alerted]
    _print([_longest(log, at) for at in quiet], [_longest(log, at) for at in killed])
    console.print(f"reports without an alert: {len(without)} of {len(log.appended)}", highlight=False)
    if without:
        sys.exit(1)


async def _measure(platform: Platform, kills: int) -> tuple[list[float], list[float], Published]:
    """When nothing happened, when replicas were killed, and what was in the log at the end."""
    quiet: list[float] = []
    killed: list[float] = []
    with ExitStack() as stack:
        replicas = [platform.replicas["alerts"], stack.enter_context(platform.another("alerts", free_port()))]
        async with client_of(platform, "replicas") as client:
            await client.subscribe(SUBSCRIPTION)
            reporting = asyncio.create_task(_report(client))
            for _ in range(kills):
                await asyncio.sleep(BEFORE_SECONDS)
                quiet.append(time.time())
                await asyncio.sleep(AFTER_SECONDS / 2)
            for number in range(kills):
                replica = replicas[number % len(replicas)]
                killed.append(time.time())
                replica.kill()
                await asyncio.sleep(AFTER_SECONDS)
                await asyncio.to_thread(replica.start)
                await asyncio.sleep(BEFORE_SECONDS * 2)
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)
            await asyncio.sleep(AFTER_SECONDS)
        await asyncio.to_thread(platform.stop)
    return quiet, killed, await published(platform)


async def _report(client: Client) -> None:
    """Reports at a fixed rate, without end."""
    chance, due = random.Random(0), time.monotonic()
    while True:
        status = await client.report(as_body(report(new_id(), chance)))
        if status != 201:
            raise RuntimeError(f"a report was answered {status}")
        due += 1 / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def _longest(log: Published, at: float) -> float:
    """Milliseconds of the longest way to an alert, of the incidents around a moment."""
    around = [one for one, when in log.appended.items() if -BEFORE_SECONDS <= when - at <= AFTER_SECONDS / 2]
    return max((log.alert_appended[one] - log.appended[one]) * 1000 for one in around if one in log.alert_appended)


def _print(quiet: Sequence[float], killed: Sequence[float]) -> None:
    session = SHORT.seconds * 1000
    table = Table("longest way to an alert", "times", "p50 ms", "p99 ms", "worst", title="Replicas of alerts, killed")
    for heading in ("p50 / session", "p99 / session", "worst / session"):
        table.add_column(heading)
    for name, milliseconds in (("both run", quiet), ("one is killed", killed)):
        spread = Spread.of_many(milliseconds)
        of_spread = (spread.p50, spread.p99, spread.worst)
        ratios = (f"{value / session:.2f}×" for value in of_spread)
        table.add_row(name, str(spread.count), *(f"{value:.0f}" for value in of_spread), *ratios)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
