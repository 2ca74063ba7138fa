"""Deciding on a text that is withheld: put into the incident, as it is or redacted, or left out for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from clearway_incidents import permissions
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.errors import NotYours, StaleRevision, TextDecided, UnknownHeldText, UnknownIncident
from clearway_incidents.domain.held_texts import HeldTextState
from clearway_incidents.domain.sight import handling_of
from clearway_incidents.domain.withholding import CONTACTS, REASON, check_given, refused, release
from clearway_incidents.storage.tables import HELD_TEXTS
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction

_TABLE = HELD_TEXTS.c


@dataclass(frozen=True, slots=True)
class TextDecision:
    """The decision on a held text at the revision that was seen. `redacted` is what is put there instead of it, and
    None is the text itself."""

    held_id: UUID
    seen: int
    state: HeldTextState
    reason: str | None
    redacted: str | None = None


@dataclass(frozen=True, slots=True)
class HeldTexts:
    """The commands about held texts."""

    revisions: Revisions

    async def decide(self, transaction: Transaction, principal: Principal, decision: TextDecision) -> Row[Any]:
        """Release or remove a held text; the held text after it. Raises UnknownHeldText, StaleRevision, TextDecided,
        NotYours for the person who sent it, and NotNow, TextReplaced, InvalidFact where it cannot be put there."""
        before = await _one(transaction, principal.mission, decision.held_id)
        await self._check_read(transaction, principal, before)
        if before.revision != decision.seen:
            raise StaleRevision(before.revision)
        if before.state != HeldTextState.OPEN:
            raise TextDecided
        if decision.reason is not None and self.revisions.guard.why(decision.reason):
            raise refused("reason", "Say why, without the text itself.")
        await self._move(transaction, principal, decision)
        if decision.state is HeldTextState.RELEASED:
            await self._release(transaction, principal, before, decision)
        return await _one(transaction, principal.mission, decision.held_id)

    async def _check_read(self, transaction: Transaction, principal: Principal, row: Row[Any]) -> None:
        """Raise UnknownHeldText unless the principal may see the whole incident, as lists of held texts ask for too."""
        try:
            incident = await self.revisions.current(transaction, principal.mission, row.incident_id)
        except UnknownIncident as error:
            raise UnknownHeldText(row.held_id) from error
        is_hidden = row.field.endswith(CONTACTS) and not principal.may(permissions.ASSESS)
        if is_hidden or principal.ceiling.sight(handling_of(incident.state)) is not Sight.WHOLE:
            raise UnknownHeldText(row.held_id)

    async def _move(self, transaction: Transaction, principal: Principal, decision: TextDecision) -> None:
        values = {
            "state": decision.state.value,
            "decided_at": self.revisions.clock.now(),
            "decided_by": principal.id,
            "reason": decision.reason,
            "redacted": decision.redacted,
            "revision": _TABLE.revision + 1,
        }
        decided = update(HELD_TEXTS).where(_TABLE.held_id == decision.held_id, _TABLE.revision == decision.seen)
        if (await transaction.connection.execute(decided.values(**values))).rowcount == 0:
            raise StaleRevision(decision.seen + 1)

    async def _release(
        self, transaction: Transaction, principal: Principal, row: Row[Any], decision: TextDecision
    ) -> None:
        if principal.identity == (row.person or row.sent_by):
            raise NotYours("A held text is not released by the person who sent it. Ask another verifier.")
        if decision.redacted is not None:
            check_given(row.field, decision.redacted)
        if row.field == REASON:
            return  # A revision does not change: its history is shown with the reason.
        before = await self.revisions.current(transaction, principal.mission, row.incident_id)
        act = self.revisions.act(principal, decision.reason)
        change = release(before.incident, act, name=row.field, text=decision.redacted or row.text)
        await self.revisions.append(transaction, principal, before, change)


async def _one(transaction: Transaction, mission: str, held_id: UUID) -> Row[Any]:
    query = select(HELD_TEXTS).where(_TABLE.held_id == held_id, _TABLE.mission == mission)
    row = (await transaction.connection.execute(query)).one_or_none()
    if row is None:
        raise UnknownHeldText(held_id)
    return row
