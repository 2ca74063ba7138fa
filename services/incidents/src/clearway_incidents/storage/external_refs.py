"""The names that other systems have for incidents, and the content that each last sent under its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import bindparam, select, tuple_, update

from clearway_contracts.incident import ExternalRef
from clearway_incidents.storage.states import CONTENT
from clearway_incidents.storage.tables import EXTERNAL_REFS
from clearway_platform.database.engines import JsonText, Transaction, on_either, one_or_many

_REFS: Final = EXTERNAL_REFS.c
# Made once: to make a statement costs more than to run it.
_TAKE: Final = on_either(
    lambda new: new.on_conflict_do_nothing().returning(_REFS.system, _REFS.external_id, _REFS.incident_id),
    EXTERNAL_REFS,
)
_NAMED: Final = select(_REFS.system, _REFS.external_id, _REFS.incident_id, _REFS.content_hash, _REFS.content).where(
    # By the whole key: for pairs alone SQLite looks through all names of the mission.
    _REFS.mission == bindparam("mission"),
    _REFS.system.in_(bindparam("systems", expanding=True)),
    _REFS.external_id.in_(bindparam("ids", expanding=True)),
    tuple_(_REFS.system, _REFS.external_id).in_(bindparam("names", expanding=True)),
)
_KEEP_CONTENT: Final = update(EXTERNAL_REFS).where(
    _REFS.mission == bindparam("of"), _REFS.system == bindparam("by"), _REFS.external_id == bindparam("name")
)

# The system that gives a name, and the name.
Key = tuple[str, str]


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


def name_rows(mission: str, refs: Sequence[ExternalRef], incident_id: UUID, content: Content) -> list[dict[str, Any]]:
    """The rows of the external names that a report gives to its incident. Its content is written once for all."""
    text = JsonText(to_json(CONTENT.write(dict(content.fields))).decode())
    return [
        {
            "mission": mission,
            "system": ref.system,
            "external_id": ref.id,
            "incident_id": incident_id,
            "content_hash": content.hash,
            "content": text,
        }
        for ref in refs
    ]


async def take_names(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> dict[Key, UUID]:
    """Take the names that are free; each of them with the incident that it is given to. A name that another transaction
    takes is waited for."""
    if not rows:
        return {}
    taken = await transaction.connection.execute(_TAKE[transaction.connection.dialect.name], one_or_many(list(rows)))
    return {(row.system, row.external_id): row.incident_id for row in taken}


async def known_refs(transaction: Transaction, mission: str, names: Collection[Key]) -> dict[Key, KnownRef]:
    """What is on record under these names."""
    if not names:
        return {}
    systems, ids = ({name[part] for name in names} for part in (0, 1))
    named = {"mission": mission, "systems": sorted(systems), "ids": sorted(ids), "names": list(names)}
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
