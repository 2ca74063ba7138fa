"""What a check reads of a chain, whatever it is a chain of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from clearway_platform.database.engines import Database


class Fault(StrEnum):
    """What was done to a record."""

    CHANGED = "changed"
    INSERTED = "inserted"
    REMOVED = "removed"
    TRUNCATED = "truncated"
    REORDERED = "reordered"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the number of its last record, and the hash of that."""

    sequence: int
    hash: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """One record of a chain, as it is stored. `computed` is the hash that its content gives. `name` says which one it
    is; `fault` what is wrong with what it stands for, where that is stored elsewhere."""

    sequence: int
    previous: str | None
    hash: str
    computed: str
    name: str
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Stray:
    """A record that is in no chain though it should be."""

    name: str


class ChainSource(Protocol):
    """The chains of one database, one for each mission."""

    @property
    def name(self) -> str: ...

    async def heads(self, database: Database) -> Mapping[str, Head]:
        """The end of each chain, by mission."""
        ...

    async def head(self, database: Database, mission: str) -> Head | None:
        """The end of one chain; None where there is none."""
        ...

    async def last(self, database: Database, mission: str) -> int:
        """The number of the last record that is there; 0 where there is none."""
        ...

    async def hashes(self, database: Database, mission: str, first: int, until: int, every: int) -> Sequence[str]:
        """The hashes of the record `first` and of each `every`-th after it, to `until`."""
        ...

    async def links(self, database: Database, mission: str, after: int, limit: int) -> Sequence[Link]:
        """The next records after a number, in their order, checked."""
        ...

    async def strays(self, database: Database, mission: str) -> Sequence[Stray]:
        """The first records that are in no chain."""
        ...
