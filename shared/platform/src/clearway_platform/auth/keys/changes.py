"""The changes of keys: each in a transaction of the directory, with the next number and its record in the audit.

Only the command line makes them: the role of the services cannot write these tables.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, or_, select, update

from clearway_platform.audit.canonical import moment_text
from clearway_platform.audit.chain import append
from clearway_platform.audit.records import Entry, RecordKind
from clearway_platform.auth.keys.rows import columns_of, read_principal
from clearway_platform.auth.keys.tables import ApiKeyRow, KeyChangeRow
from clearway_platform.auth.principals import IssuedKey, Principal, new_token
from clearway_platform.database.engines import Transaction, on_either
from clearway_platform.database.models import table_of

KEYS: Final = table_of(ApiKeyRow)
_CHANGES: Final = table_of(KeyChangeRow)
_SAID: Final = ("role", "name", "tlp", "classification", "organisation", "scopes", "networks")
_MISSION: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


class NotReplaceable(ValueError):
    """The key cannot be rotated; the text says why and what to do."""


def _drawing(make: Any) -> Any:
    first = make.values(id=1, version=1)
    return first.on_conflict_do_update(index_elements=["id"], set_={"version": _CHANGES.c.version + 1}).returning(
        _CHANGES.c.version
    )


_DRAW: Final = on_either(_drawing, _CHANGES)
_KEY: Final = select(KEYS).where(KEYS.c.key_id == bindparam("wanted"), KEYS.c.revoked_at.is_(None))


def new_key_id() -> str:
    return secrets.token_hex(8)


async def add_key(transaction: Transaction, principal: Principal, now: datetime, actor: str | None = None) -> IssuedKey:
    """Store a new key. `actor`: who makes it. Raises ValueError for a mission's name that could not stand in an
    address, and for an owner without a name."""
    if not _MISSION.match(principal.mission):
        raise ValueError(f"mission {principal.mission!r}: use small letters, digits and hyphens, 63 at most")
    if principal.person is not None and principal.system is not None:
        raise ValueError("a key belongs to a person or to a system, not to both")
    named = replace(principal, person=_named("person", principal.person), system=_named("system", principal.system))
    token, secret_hash = new_token(named.id)
    drawn = {"secret_hash": secret_hash, "created_at": now, "changed_in": await _next_version(transaction)}
    await transaction.connection.execute(insert(KEYS).values(columns_of(named) | drawn))
    await append(
        transaction, [Entry(named.mission, RecordKind.KEY_CREATED, now, actor, named.id, detail=_terms(named))]
    )
    return IssuedKey(named, token)


async def revoke_key(transaction: Transaction, key_id: str, now: datetime, actor: str | None = None) -> bool:
    """Refuse a key from now on. `actor`: who decides it. False when there is no such key in use."""
    version = await _next_version(transaction)
    statement = update(KEYS).where(KEYS.c.key_id == key_id, KEYS.c.revoked_at.is_(None)).returning(KEYS.c.mission)
    revoked = await transaction.connection.execute(statement.values(revoked_at=now, changed_in=version))
    mission: str | None = revoked.scalar()
    if mission is None:
        return False
    await append(transaction, [Entry(mission, RecordKind.KEY_REVOKED, now, actor, key_id)])
    return True


async def replace_key(
    transaction: Transaction,
    key_id: str,
    until: datetime,
    expires_at: datetime | None,
    now: datetime,
    actor: str | None = None,
) -> IssuedKey:
    """Make the successor of a key, which has its owner, role and limits, and expires at `expires_at`. The key itself
    is accepted until `until`, or until its own end where that comes first. `actor`: who decides it. Raises
    NotReplaceable."""
    version = await _next_version(transaction)
    row = (await transaction.connection.execute(_KEY, {"wanted": key_id})).first()
    if row is None:
        raise NotReplaceable(f"there is no active key {key_id!r}. `clearway keys list` shows all keys")
    if row.replaced_by is not None:
        raise NotReplaceable(f"key {key_id} is replaced by {row.replaced_by} already: rotate that one")
    if row.expires_at is not None and row.expires_at <= now:
        raise NotReplaceable(f"key {key_id} has expired: create another, and transfer its subscriptions to it")
    successor = replace(read_principal(row._mapping), id=new_key_id(), expires_at=expires_at, successor=None)
    issued = await add_key(transaction, successor, now, actor)
    # Those that it replaced are replaced by the new one: a key leads to its successor in one step.
    replacing = update(KEYS).where(or_(KEYS.c.key_id == key_id, KEYS.c.replaced_by == key_id))
    replacing = replacing.values(replaced_by=successor.id, changed_in=version).returning(KEYS.c.key_id)
    replaced = (await transaction.connection.execute(replacing)).scalars().all()
    ends = until if row.expires_at is None else min(until, row.expires_at)
    await transaction.connection.execute(update(KEYS).where(KEYS.c.key_id == key_id).values(expires_at=ends))
    changes = {one: {"replaced_by": successor.id} for one in sorted(replaced)}
    changes[key_id]["expires_at"] = moment_text(ends)
    entries = [Entry(row.mission, RecordKind.KEY_CHANGED, now, actor, one, detail=changes[one]) for one in changes]
    await append(transaction, entries)
    return issued


async def _next_version(transaction: Transaction) -> int:
    """The row stays locked until the commit, so numbers and commits have one order."""
    drawn = await transaction.connection.execute(_DRAW[transaction.connection.dialect.name])
    version: int = drawn.scalar_one()
    return version


def _terms(principal: Principal) -> dict[str, Any]:
    """What the audit says of a new key: its rights and its end. It names no owner."""
    columns = columns_of(principal)
    said = {name: columns[name] for name in _SAID if columns[name] is not None}
    if principal.expires_at is not None:
        said["expires_at"] = moment_text(principal.expires_at)
    return {**said, "has_person": principal.person is not None, "has_system": principal.system is not None}


def _named(kind: str, name: str | None) -> str | None:
    if name is not None and not (name := " ".join(name.split())):
        raise ValueError(f"the {kind} has no name: leave the option out for a key of no {kind}")
    return name
