"""The demonstration of `clearway up --demo`. Its parts come from distributions of their own, which are in no image.

Each is an entry point of group `clearway.demo`: a service can bring the part that shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from importlib.metadata import entry_points
from typing import Final

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.cli.configuration import Misconfigured

_GROUP: Final = "clearway.demo"

Demonstration = Callable[[str, SqlKeyDirectory, str], Coroutine[None, None, None]]
"""Plays until it is cancelled, against the API at an address, with keys that it makes, in a mission."""


def load_demonstration() -> Demonstration:
    """A demonstration that plays all installed parts at once. Raises Misconfigured when there are none."""
    parts: list[Demonstration] = [entry.load() for entry in sorted(entry_points(group=_GROUP))]
    if not parts:
        raise Misconfigured("The demonstration is not installed. It comes with the repository: run `make up DEMO=1`.")

    async def play(address: str, keys: SqlKeyDirectory, mission: str) -> None:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part(address, keys, mission))

    return play
