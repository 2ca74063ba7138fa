"""Taking reports in: each once, however often it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import bindparam, select, tuple_

from clearway_incidents.commands.revisions import Ledger, State
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.incident import ExternalRef
from clearway_incidents.domain.reporting import FirstReport, record
from clearway_incidents.storage.tables import EXTERNAL_REFS, INCIDENTS
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction, on_either, one_or_many

_REFS: Final = EXTERNAL_REFS.c
_TAKE_NAMES: Final = on_either(lambda new: new.on_conflict_do_nothing(), EXTERNAL_REFS)
_NAMED: Final = select(_REFS.system, _REFS.external_id, _REFS.incident_id, _REFS.content_hash, _REFS.content).where(
    _REFS.mission == bindparam("mission"),
    tuple_(_REFS.system, _REFS.external_id).in_(bindparam("names", expanding=True)),
)
_MADE_FROM: Final = select(INCIDENTS.c.content_hash).where(
    INCIDENTS.c.incident_id == bindparam("incident_id"), INCIDENTS.c.mission == bindparam("mission")
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A first report and the content as it was sent, without the id: two are the same when their contents are."""

    first: FirstReport
    content: Mapping[str, Any]
    content_hash: str

    @classmethod
    def of(cls, first: FirstReport, content: Mapping[str, Any]) -> Self:
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return cls(first, content, hashlib.sha256(canonical.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Accepted:
    """The state at revision 1, and whether this request made it."""

    state: State
    created: bool


async def report(ledger: Ledger, transaction: Transaction, principal: Principal, sent: Submission) -> Accepted:
    """Record a new incident, or find the one that the same content made before. Raises InvalidFact, NotNow."""
    change = record(sent.first, mission=principal.mission, by=principal.id, at=ledger.clock.now())
    await claim(transaction, principal.mission, [sent])
    known = await _known_as(transaction, principal.mission, sent)
    if known is not None:
        return Accepted(await ledger.revision(transaction, known, 1), created=False)
    states = await ledger.create(transaction, principal, [(change, sent.content_hash)])
    if states is None:
        return Accepted(await _repeated(ledger, transaction, principal.mission, sent), created=False)
    return Accepted(states[0], created=True)


async def claim(transaction: Transaction, mission: str, submissions: Sequence[Submission]) -> None:
    """Take the external names that are free. A name being taken by another transaction is waited for."""
    rows = [_ref_row(mission, sent, ref) for sent in submissions for ref in sent.first.external_refs]
    if rows:
        await transaction.connection.execute(_TAKE_NAMES[transaction.connection.dialect.name], one_or_many(rows))


@dataclass(frozen=True, slots=True)
class KnownRef:
    """An external name on record."""

    incident_id: UUID
    content_hash: str
    content: Mapping[str, Any]


async def known_refs(
    transaction: Transaction, mission: str, refs: Sequence[ExternalRef]
) -> dict[tuple[str, str], KnownRef]:
    """What is on record under these names."""
    if not refs:
        return {}
    named = {"mission": mission, "names": [(ref.system, ref.id) for ref in refs]}
    rows = await transaction.connection.execute(_NAMED, named)
    return {(row.system, row.external_id): KnownRef(row.incident_id, row.content_hash, row.content) for row in rows}


async def _known_as(transaction: Transaction, mission: str, sent: Submission) -> UUID | None:
    """The other incident that one of the names belongs to. Raises NotNow when its content is another."""
    for (system, name), known in (await known_refs(transaction, mission, sent.first.external_refs)).items():
        if known.incident_id == sent.first.incident_id:
            continue
        if known.content_hash != sent.content_hash:
            raise NotNow(
                f"{system} {name} was already reported, with other content, as incident {known.incident_id}",
                "Correct that incident, or import the newer edition.",
            )
        return known.incident_id
    return None


async def _repeated(ledger: Ledger, transaction: Transaction, mission: str, sent: Submission) -> State:
    """The first state of the incident that has this id already. Raises NotNow when it came from other content."""
    named = {"incident_id": sent.first.incident_id, "mission": mission}
    if (await transaction.connection.execute(_MADE_FROM, named)).scalar_one_or_none() != sent.content_hash:
        raise NotNow(
            f"the id {sent.first.incident_id} is taken by a report of other content",
            "Make a new id for a new incident; correct an old one with PATCH.",
        )
    return await ledger.revision(transaction, sent.first.incident_id, 1)


def _ref_row(mission: str, sent: Submission, ref: ExternalRef) -> dict[str, Any]:
    return {
        "mission": mission,
        "system": ref.system,
        "external_id": ref.id,
        "incident_id": sent.first.incident_id,
        "content_hash": sent.content_hash,
        "content": dict(sent.content),
    }
