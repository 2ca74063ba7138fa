"""The client of the benchmark, in a process of its own: what it computes takes no turn of the server's loop."""

import http.client
import json
import random
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.processes import ROOT
from benchmarks.workload import report
from clearway_platform.clock import new_id

PATH: Final = "/v1/incidents:bulk"
# The answer to so many lines is kept until the body is read.
AT_ONCE: Final = 10_000
# In the open Gulf of Guinea, as the road of the other benchmarks.
WEST_EAST: Final = (-6.0, 2.0)
SOUTH_NORTH: Final = (-4.0, 2.0)
PLACES: Final = ("the market", "the old mill", "the water point", "the school", "the northern junction")


@dataclass(frozen=True, slots=True)
class Orders:
    """How many rows are sent where, and whether each has the name of another system or an id of its sender."""

    address: str
    token: str
    rows: int
    named: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """When the first row was sent and the last one answered, on the clock that all processes of the machine share; the
    processor time of the client meanwhile, and the rows by result."""

    begun: float
    ended: float
    client_seconds: float
    results: dict[str, int]


def send(orders: Orders) -> Sent:
    """Send the rows from another process. Raises CalledProcessError."""
    command = [sys.executable, "-m", "benchmarks.bulk.client"]
    done = subprocess.run(
        command, input=json.dumps(asdict(orders)), stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True, timeout=900
    )
    return Sent(**json.loads(done.stdout))


def _line(number: int, chance: random.Random, *, named: bool) -> bytes:
    """A row of years of history all over a country: each has its own place, moment and text."""
    row: dict[str, Any] = report(new_id(), chance)
    place = [round(chance.uniform(*span), 6) for span in (WEST_EAST, SOUTH_NORTH)]
    row["location"]["point"]["coordinates"] = place
    occurred = datetime.now(UTC) - timedelta(minutes=chance.randint(20_000, 2_000_000))
    row["time"]["occurred_at"] = occurred.isoformat()
    row["location"]["place_name"] = f"Benchmark road, {number % 4_000} m from {PLACES[number % len(PLACES)]}"
    row["narrative"] = f"Suspicious object {number}, {number % 90} m from the culvert. Road closed. Synthetic."
    row["outcome"], row["hazard_state"], row["priority"] = "found_cleared", "cleared", "no_threat"
    if named:
        del row["incident_id"]
        row["external_refs"] = [{"system": "benchmark", "id": f"row-{number}-{new_id()}"}]
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _send(orders: Orders) -> Sent:
    chance = random.Random(1)
    lines = [_line(number, chance, named=orders.named) for number in range(orders.rows)]
    bodies = [b"".join(lines[start : start + AT_ONCE]) for start in range(0, len(lines), AT_ONCE)]
    results: dict[str, int] = {}
    begun, own = time.monotonic(), time.process_time()
    for body in bodies:
        end = _answered(orders, body)
        for name in ("created", "unchanged", "corrected", "refused"):
            results[name] = results.get(name, 0) + end[name]
    return Sent(begun, time.monotonic(), time.process_time() - own, results)


def _answered(orders: Orders, body: bytes) -> dict[str, Any]:
    """The last line of the answer. Raises RuntimeError where it says that not all was read."""
    connection = http.client.HTTPConnection(urlsplit(orders.address).netloc, timeout=600)
    headers = {"Authorization": f"Bearer {orders.token}", "Content-Type": "application/x-ndjson"}
    connection.request("POST", PATH, body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    end: dict[str, Any] = json.loads(said.splitlines()[-1])
    if answer.status != 200 or end.get("problem") is not None:
        raise RuntimeError(f"{PATH} answered {answer.status}: {end}")
    return end


if __name__ == "__main__":
    print(json.dumps(asdict(_send(Orders(**json.loads(sys.stdin.read()))))))
