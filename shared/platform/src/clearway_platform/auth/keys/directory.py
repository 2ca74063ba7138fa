"""Creating, revoking and looking up API keys."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, insert, or_, select, update

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.keys.tables import ApiKeyRow
from clearway_platform.auth.keys.tickets import SqlStreamTickets
from clearway_platform.auth.principals import (
    IssuedKey,
    KeyRecord,
    Principal,
    Role,
    hash_secret,
    new_token,
    split_token,
)
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of

_KEYS: Final = table_of(ApiKeyRow)
_IN_USE: Final = select(_KEYS).where(_KEYS.c.key_id == bindparam("key_id"), _KEYS.c.revoked_at.is_(None))
_MISSION: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")
# A revoked key is refused everywhere within this time.
CACHE_SECONDS: Final = 1.0
_CACHED_KEYS: Final = 10_000


class SqlKeyDirectory:
    """The keys in their database. Lookups are cached for a second, of valid keys only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cache: dict[str, tuple[float, Principal]] = {}
        self.tickets = SqlStreamTickets(database, clock, self.principal_of)

    async def create(
        self, mission: str, role: Role, name: str, person: str | None = None, ceiling: Ceiling | None = None
    ) -> IssuedKey:
        """A new key, with the ceiling of its role where none is given. Raises ValueError for a mission's name that
        could not stand in an address, and for a person without a name."""
        if not _MISSION.match(mission):
            raise ValueError(f"mission {mission!r}: use small letters, digits and hyphens, 63 at most")
        if person is not None and not (person := " ".join(person.split())):
            raise ValueError("the person has no name: leave the option out for a key of no person")
        key_id = secrets.token_hex(8)
        token, secret_hash = new_token(key_id)
        row = {"key_id": key_id, "secret_hash": secret_hash, "name": name, "mission": mission, "role": role.value}
        values = {**row, "person": person, **_ceiling_columns(ceiling), "created_at": self._clock.now()}
        async with self._database.of(mission).write() as transaction:
            await transaction.connection.execute(insert(_KEYS).values(**values))
        return IssuedKey(Principal(key_id, name, mission, role, person, ceiling), token)

    async def revoke(self, key_id: str) -> bool:
        """Refuse a key from now on. False when there is no such key in use."""
        statement = update(_KEYS).where(_KEYS.c.key_id == key_id, _KEYS.c.revoked_at.is_(None))
        async with self._database.of_every_mission("a key is revoked by its id alone").write() as transaction:
            result = await transaction.connection.execute(statement.values(revoked_at=self._clock.now()))
        self._cache.clear()
        return bool(result.rowcount)

    async def list(
        self, mission: str | None = None, *, after: tuple[datetime, str] | None = None, limit: int | None = None
    ) -> Sequence[KeyRecord]:
        """The keys of a mission, or all, the oldest first. `after` is the end of the previous page: `created_at` and id
        of its last key."""
        query = select(_KEYS).order_by(_KEYS.c.created_at, _KEYS.c.key_id).limit(limit)
        if mission is not None:
            query = query.where(_KEYS.c.mission == mission)
        if after is not None:
            created_at, key_id = after
            later = and_(_KEYS.c.created_at == created_at, _KEYS.c.key_id > key_id)
            query = query.where(or_(_KEYS.c.created_at > created_at, later))
        every = "an operator lists the keys of all missions"
        keys = self._database.of_every_mission(every) if mission is None else self._database.of(mission)
        async with keys.read() as connection:
            rows = await connection.execute(query)
            return [KeyRecord(_principal(row), row.created_at, row.revoked_at) for row in rows]

    async def principal(self, token: str) -> Principal | None:
        """The principal behind a token, or None."""
        return await self._cached(hash_secret(token), lambda: self._look_up(token))

    async def principal_of(self, key_id: str) -> Principal | None:
        """The principal of a key that is in use, or None."""
        return await self._cached(key_id, lambda: self._find(key_id))

    async def _cached(self, entry: str, look_up: Callable[[], Awaitable[Principal | None]]) -> Principal | None:
        cached = self._cache.get(entry)
        if cached is not None and time.monotonic() - cached[0] < CACHE_SECONDS:
            return cached[1]
        self._cache.pop(entry, None)
        found = await look_up()
        if found is not None:
            if len(self._cache) >= _CACHED_KEYS:
                self._cache.clear()
            self._cache[entry] = (time.monotonic(), found)
        return found

    async def _look_up(self, token: str) -> Principal | None:
        parts = split_token(token)
        if parts is None or not parts[0].isalnum() or not token.isascii():
            return None
        key_id, secret = parts
        row = await self._row_in_use(key_id)
        if row is None or not hmac.compare_digest(row.secret_hash, hash_secret(secret)):
            return None
        return _principal(row)

    async def _find(self, key_id: str) -> Principal | None:
        row = await self._row_in_use(key_id)
        return None if row is None else _principal(row)

    async def _row_in_use(self, key_id: str) -> Row[Any] | None:
        async with self._database.of_every_mission("a key says which mission its caller is of").read() as connection:
            return (await connection.execute(_IN_USE, {"key_id": key_id})).first()


def _principal(row: Row[Any]) -> Principal:
    return Principal(
        id=row.key_id,
        name=row.name,
        mission=row.mission,
        role=Role(row.role),
        person=row.person,
        own_ceiling=_ceiling(row),
    )


def _ceiling_columns(ceiling: Ceiling | None) -> dict[str, str | None]:
    if ceiling is None:
        return {}
    marks = {"tlp": ceiling.tlp.value, "classification": ceiling.classification.value}
    return {**marks, "organisation": ceiling.organisation}


def _ceiling(row: Row[Any]) -> Ceiling | None:
    return None if row.tlp is None else Ceiling(Tlp(row.tlp), Classification(row.classification), row.organisation)
