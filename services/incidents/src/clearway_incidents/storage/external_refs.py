"""The names that other systems have for incidents, and the content that each last sent under its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select, tuple_, update

from clearway_contracts.incident import ExternalRef
from clearway_incidents.storage.states import CONTENT
from clearway_incidents.storage.tables import EXTERNAL_REFS
from clearway_platform.database.engines import Transaction, on_either, one_or_many

_REFS: Final = EXTERNAL_REFS.c
# Made once: to make a statement costs more than to run it.
_TAKE: Final = on_either(lambda new: new.on_conflict_do_nothing(), EXTERNAL_REFS)
_NAMED: Final = select(_REFS.system, _REFS.external_id, _REFS.incident_id, _REFS.content_hash, _REFS.content).where(
    _REFS.mission == bindparam("mission"),
    tuple_(_REFS.system, _REFS.external_id).in_(bindparam("names", expanding=True)),
)
_KEEP_CONTENT: Final = update(EXTERNAL_REFS).where(
    _REFS.mission == bindparam("of"), _REFS.system == bindparam("by"), _REFS.external_id == bindparam("name")
)


@dataclass(frozen=True, slots=True)
class Content:
    """What was sent, and its hash: two are the same when their hashes are."""

    fields: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class KnownRef:
    """An external name on record."""

    incident_id: UUID
    content: Content


@dataclass(frozen=True, slots=True)
class NewRef:
    """An external name that a report gives to its incident."""

    ref: ExternalRef
    incident_id: UUID
    content: Content


async def take_names(transaction: Transaction, mission: str, refs: Sequence[NewRef]) -> None:
    """Take the names that are free. A name that another transaction takes is waited for."""
    rows = [_row(mission, new) for new in refs]
    if rows:
        await transaction.connection.execute(_TAKE[transaction.connection.dialect.name], one_or_many(rows))


async def known_refs(
    transaction: Transaction, mission: str, refs: Sequence[ExternalRef]
) -> dict[tuple[str, str], KnownRef]:
    """What is on record under these names."""
    if not refs:
        return {}
    named = {"mission": mission, "names": [(ref.system, ref.id) for ref in refs]}
    return {
        (row.system, row.external_id): KnownRef(row.incident_id, Content(CONTENT.shape(row.content), row.content_hash))
        for row in await transaction.connection.execute(_NAMED, named)
    }


async def forget_content(transaction: Transaction, mission: str, incident_id: UUID) -> None:
    """Drop what sources sent of an incident. That a repeat is the same is still known by its hash."""
    forgotten = update(EXTERNAL_REFS).where(_REFS.mission == mission, _REFS.incident_id == incident_id)
    await transaction.connection.execute(forgotten.values(content=CONTENT.write({})))


async def keep_content(transaction: Transaction, mission: str, ref: ExternalRef, content: Content) -> None:
    """Replace what was last sent under a name."""
    named = {"of": mission, "by": ref.system, "name": ref.id}
    values = {"content": CONTENT.write(dict(content.fields)), "content_hash": content.hash}
    await transaction.connection.execute(_KEEP_CONTENT, named | values)


def _row(mission: str, new: NewRef) -> dict[str, Any]:
    return {
        "mission": mission,
        "system": new.ref.system,
        "external_id": new.ref.id,
        "incident_id": new.incident_id,
        "content_hash": new.content.hash,
        "content": CONTENT.write(dict(new.content.fields)),
    }
