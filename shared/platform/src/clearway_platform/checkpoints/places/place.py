"""A place of checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from clearway_platform.checkpoints.statement import Signed


class PlaceError(Exception):
    """The place cannot be written or read now. The message names neither keys nor paths of other systems."""


class Place(Protocol):
    """A place. Writing may be repeated: the same checkpoint twice is one."""

    @property
    def name(self) -> str:
        """Its address without anything secret: it stands in the database, in logs and in answers."""
        ...

    async def write(self, checkpoints: Sequence[Signed]) -> None:
        """Write them in their order. Raises PlaceError."""
        ...

    async def read(self) -> Sequence[str] | None:
        """All lines, in their order; None where a place cannot be read back. Raises PlaceError."""
        ...
