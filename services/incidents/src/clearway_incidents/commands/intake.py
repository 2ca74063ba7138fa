"""Accepting reports: each is recorded once, however often it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import bindparam, select

from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.content_guard import ContentGuard
from clearway_incidents.domain.contents import kept
from clearway_incidents.domain.errors import IdTaken, NotNow
from clearway_incidents.domain.reporting import FirstReport, record
from clearway_incidents.storage.external_refs import Content, known_refs, name_rows, take_names
from clearway_incidents.storage.tables import INCIDENTS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.database.states import State

_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_MADE_FROM: Final = select(INCIDENTS.c.content_hash).where(
    INCIDENTS.c.incident_id == bindparam("incident_id"), INCIDENTS.c.mission == bindparam("mission")
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A first report and the content as it was sent, without the id: two are the same when their contents are."""

    first: FirstReport
    content: Content

    @classmethod
    def of(cls, first: FirstReport, fields: Mapping[str, Any]) -> Self:
        return cls(first, Content(fields, hashlib.sha256(_CANONICAL.encode(fields).encode()).hexdigest()))

    def names(self, mission: str, guard: ContentGuard) -> list[dict[str, Any]]:
        """The rows of the external names that it gives to its incident, with what is kept of its content."""
        if not self.first.external_refs:
            return []
        content = Content(kept(guard, self.content.fields).fields, self.content.hash)
        return name_rows(mission, self.first.external_refs, self.first.incident_id, content)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The state at revision 1, whether this request made it, and the names of the texts that were withheld from it."""

    state: State
    created: bool
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """The command that reports an incident."""

    revisions: Revisions

    async def report(self, transaction: Transaction, principal: Principal, sent: Submission) -> Accepted:
        """Record a new incident, or find the one that the same content made before. Raises InvalidFact, NotNow."""
        act = self.revisions.act(principal)
        change = record(sent.first, mission=principal.mission, by=act.by, at=act.at)
        prepared, state = self.revisions.first(act, change, sent.content.hash)
        await take_names(transaction, sent.names(principal.mission, self.revisions.guard))
        known = await _known_as(transaction, principal.mission, sent)
        if known is not None:
            return await self._first_state(transaction, principal.mission, known)
        if not await self.revisions.create(transaction, [prepared]):
            await _require_same_content(transaction, principal.mission, sent)
            return await self._first_state(transaction, principal.mission, sent.first.incident_id)
        return Accepted(state, created=True, withheld=prepared.withheld)

    async def _first_state(self, transaction: Transaction, mission: str, incident_id: UUID) -> Accepted:
        return Accepted((await self.revisions.at(transaction, mission, incident_id, 1)).state, created=False)


async def _known_as(transaction: Transaction, mission: str, sent: Submission) -> UUID | None:
    """The other incident that one of the names belongs to. Raises NotNow when its content is another."""
    for (system, name), known in (await known_refs(transaction, mission, _keys_of(sent))).items():
        if known.incident_id == sent.first.incident_id:
            continue
        if known.content.hash != sent.content.hash:
            raise NotNow(
                f"{system} {name} was already reported, with other content, as incident {known.incident_id}",
                "Correct that incident, or import the newer edition.",
            )
        return known.incident_id
    return None


def _keys_of(sent: Submission) -> list[tuple[str, str]]:
    return [(ref.system, ref.id) for ref in sent.first.external_refs]


async def _require_same_content(transaction: Transaction, mission: str, sent: Submission) -> None:
    """Raise IdTaken unless the incident that has this id already came from the same content."""
    named = {"incident_id": sent.first.incident_id, "mission": mission}
    if (await transaction.connection.execute(_MADE_FROM, named)).scalar_one_or_none() != sent.content.hash:
        raise IdTaken(sent.first.incident_id)
