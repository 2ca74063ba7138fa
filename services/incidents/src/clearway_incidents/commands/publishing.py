"""Deciding what a mission publishes: how, under which name, and whether at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from clearway_incidents.domain.content_guard import ContentGuard
from clearway_incidents.domain.errors import PublicNameTaken, RuleIsFixed, StaleRevision
from clearway_incidents.domain.public.counting import Rule
from clearway_incidents.domain.public.grid import GridSize, Region
from clearway_incidents.domain.public.publication import Publication
from clearway_incidents.domain.withholding import refused
from clearway_incidents.storage.tables import PUBLIC_AREAS, PUBLIC_NAMES, PUBLIC_STANDINGS
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction, on_either

_SETTINGS: Final = select(PUBLIC_AREAS).where(PUBLIC_AREAS.c.mission == bindparam("of"))
_SETTINGS_TO_CHANGE: Final = _SETTINGS.with_for_update()
_ADD: Final = on_either(lambda new: new.on_conflict_do_nothing().returning(PUBLIC_AREAS.c.mission), PUBLIC_AREAS)
_CHANGE: Final = update(PUBLIC_AREAS).where(PUBLIC_AREAS.c.mission == bindparam("of"))
_HAS_EDITIONS: Final = select(PUBLIC_STANDINGS.c.moment).where(PUBLIC_STANDINGS.c.mission == bindparam("of"))
_TAKE_NAME: Final = on_either(
    lambda new: new.on_conflict_do_nothing().returning(PUBLIC_NAMES.c.public_name), PUBLIC_NAMES
)
_FREE_NAMES: Final = delete(PUBLIC_NAMES).where(PUBLIC_NAMES.c.mission == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Decision:
    """What the mission decides. `is_published`: whether anything of it is given out."""

    publication: Publication
    public_name: str
    is_published: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """What is decided, by whom, and since when it is given out; None while it is not."""

    decision: Decision
    revision: int
    published_since: datetime | None
    changed_at: datetime
    changed_by: str


async def decided(transaction: Transaction, mission: str) -> Decided | None:
    """What a mission has decided, kept as it is until the transaction ends; None where it never did."""
    row = (await transaction.connection.execute(_SETTINGS_TO_CHANGE, {"of": mission})).one_or_none()
    return None if row is None else decided_in(row)


def decided_in(row: Row[Any]) -> Decided:
    """What a row says."""
    region = Region(west=row.west, south=row.south, east=row.east, north=row.north)
    rule = Rule(row.fewest, GridSize(row.grid).size, region)
    publication = Publication(rule, row.title, row.contact)
    decision = Decision(publication, row.public_name, row.published_since is not None)
    return Decided(decision, row.revision, row.published_since, row.changed_at, row.changed_by)


@dataclass(frozen=True, slots=True)
class Publishing:
    clock: Clock
    guard: ContentGuard

    async def decide(self, transaction: Transaction, principal: Principal, seen: int, decision: Decision) -> Decided:
        """Raises StaleRevision, RuleIsFixed, PublicNameTaken, and InvalidFact for a text that everyone would read."""
        for name in ("title", "contact"):
            if self.guard.why(getattr(decision.publication, name)):
                raise refused(name, "Send a plain text.")
        before = await decided(transaction, principal.mission)
        revision = 0 if before is None else before.revision
        if seen != revision:
            raise StaleRevision(revision)
        if before is not None and before.decision == decision:
            return before
        await self._check_rule(transaction, principal.mission, before, decision)
        now = self.clock.now()
        since = None
        if decision.is_published:
            since = (before.published_since if before else None) or now
        after = Decided(decision, revision + 1, since, now, principal.id)
        await self._keep(transaction, principal.mission, after, is_new=before is None)
        await self._take_name(transaction, principal.mission, decision)
        return after

    async def _check_rule(
        self, transaction: Transaction, mission: str, before: Decided | None, decision: Decision
    ) -> None:
        if before is None or before.decision.publication.rule == decision.publication.rule:
            return
        if (await transaction.connection.execute(_HAS_EDITIONS, {"of": mission})).one_or_none() is not None:
            raise RuleIsFixed

    async def _take_name(self, transaction: Transaction, mission: str, decision: Decision) -> None:
        """A name is taken while something is given out under it."""
        await transaction.connection.execute(_FREE_NAMES, {"of": mission})
        if decision.is_published:
            row = {"public_name": decision.public_name, "mission": mission}
            taken = await transaction.connection.execute(_TAKE_NAME[transaction.connection.dialect.name], row)
            if taken.one_or_none() is None:
                raise PublicNameTaken

    async def _keep(self, transaction: Transaction, mission: str, after: Decided, *, is_new: bool) -> None:
        values = _columns(after)
        if not is_new:
            await transaction.connection.execute(_CHANGE, values | {"of": mission})
            return
        add = _ADD[transaction.connection.dialect.name]
        if (await transaction.connection.execute(add, values | {"mission": mission})).one_or_none() is None:
            raise StaleRevision(1)  # somebody else was the first at the same time


def _columns(after: Decided) -> dict[str, Any]:
    publication = after.decision.publication
    rule, region = publication.rule, publication.rule.region
    return {
        "revision": after.revision,
        "public_name": after.decision.public_name,
        "title": publication.title,
        "contact": publication.contact,
        "fewest": rule.fewest,
        "grid": list(GridSize)[rule.size].value,
        "west": region.west,
        "south": region.south,
        "east": region.east,
        "north": region.north,
        "published_since": after.published_since,
        "changed_at": after.changed_at,
        "changed_by": after.changed_by,
    }
