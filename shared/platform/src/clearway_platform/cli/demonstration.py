"""The demonstration of `clearway up --demo`: a distribution of its own, which is not in the images."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from typing import Final

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.cli.configuration import Misconfigured

_GROUP: Final = "clearway.demo"

Demonstration = Callable[[str, SqlKeyDirectory, str], Awaitable[None]]
"""Plays until it is cancelled, against the API at an address, with keys that it makes, in a mission."""


def load_demonstration() -> Demonstration:
    """The installed demonstration. Raises Misconfigured when there is none."""
    for entry in entry_points(group=_GROUP):
        loaded: Demonstration = entry.load()
        return loaded
    raise Misconfigured("The demonstration is not installed here: it comes with the repository (`make up DEMO=1`).")
