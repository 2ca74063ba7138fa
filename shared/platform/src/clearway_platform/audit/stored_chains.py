"""Chains in two tables: the links of all missions, and the end of each chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Table, func, select

from clearway_platform.audit.binding import of_chain
from clearway_platform.audit.links import Head
from clearway_platform.database.engines import Database


class StoredChains:
    """What is the same for every kind of link: where chains end, and the hashes in them."""

    def __init__(self, links: Table, heads: Table) -> None:
        """`links` have a mission, a sequence and a hash; so have `heads`, of which each mission has one row."""
        self._links = links.c
        self._heads = heads

    async def heads(self, database: Database) -> Mapping[str, Head]:
        """The end of each chain. Where its row is missing, the last link is the end."""
        links = self._links
        last = select(links.mission, func.max(links.sequence).label("sequence")).group_by(links.mission)
        everything = database.of_every_mission("the ends of all chains")
        async with everything.read() as connection:
            rows = await connection.execute(select(self._heads))
            stored = {row.mission: Head(row.sequence, row.hash) for row in rows}
        found = {row.mission: Head(row.sequence, None) for row in await everything.measure(last)}
        return found | stored

    async def head(self, database: Database, mission: str) -> Head | None:
        """The end of one chain; None where there is none."""
        query = select(self._heads).where(self._heads.c.mission == mission)
        async with of_chain(database, mission).read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is not None:
            return Head(row.sequence, row.hash)
        last = await self.last(database, mission)
        return Head(last, None) if last else None

    async def last(self, database: Database, mission: str) -> int:
        """The number of the last link that is there; 0 where there is none."""
        query = select(func.max(self._links.sequence)).where(self._links.mission == mission)
        async with of_chain(database, mission).read() as connection:
            return (await connection.execute(query)).scalar() or 0

    async def hashes(self, database: Database, mission: str, first: int, until: int, every: int) -> Sequence[str]:
        """The hashes of the link `first` and of each `every`-th after it, to `until`."""
        links = self._links
        query = select(links.hash).where(links.mission == mission, links.sequence.between(first, until))
        query = query.where((links.sequence - first) % every == 0).order_by(links.sequence)
        async with of_chain(database, mission).read() as connection:
            return (await connection.execute(query)).scalars().all()
