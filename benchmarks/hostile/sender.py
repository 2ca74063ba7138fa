"""The hostile mission, in a process of its own: what it computes must not delay the client that is measured."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import aiohttp

from benchmarks.hostile.attacks import attack, attacks
from benchmarks.processes import ROOT


@dataclass(frozen=True, slots=True)
class Orders:
    """What is sent where: the named attacks in turn, on so many connections."""

    addresses: Mapping[str, str]
    token: str
    kept: Mapping[str, Sequence[str]]
    names: Sequence[str]
    connections: int


@dataclass(slots=True)
class Sending:
    """What was answered, once the block has ended."""

    answered: dict[str, int] = field(default_factory=dict)


@contextmanager
def sending(orders: Orders) -> Iterator[Sending]:
    """The attack runs from the beginning of the block to its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.hostile.sender"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the pipes are there")
    found = Sending()
    try:
        process.stdin.write(json.dumps(asdict(orders)) + "\n")
        process.stdin.flush()
        process.stdout.readline()  # it begins
        yield found
        process.send_signal(signal.SIGTERM)
        found.answered = json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


async def _obey(orders: Orders) -> None:
    every = attacks(orders.kept)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    headers = {"Authorization": f"Bearer {orders.token}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        running = asyncio.create_task(
            attack(session, orders.addresses, [every[name] for name in orders.names], orders.connections)
        )
        print("begun", flush=True)
        await stop.wait()
        running.cancel()
        print(json.dumps(await running), flush=True)


if __name__ == "__main__":
    asyncio.run(_obey(Orders(**json.loads(sys.stdin.readline()))))
