"""The directory of API keys: looking up, listing, creating, rotating and revoking them."""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, or_, select

from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.keys.changes import KEYS, add_key, new_key_id, replace_key, revoke_key
from clearway_platform.auth.keys.endings import SqlEndings
from clearway_platform.auth.keys.rows import read_principal
from clearway_platform.auth.keys.tables import KeyUseRow
from clearway_platform.auth.keys.tickets import SqlStreamTickets
from clearway_platform.auth.keys.use import KeyUse
from clearway_platform.auth.principals import (
    IssuedKey,
    KeyRecord,
    KeyTerms,
    Principal,
    Role,
    hash_secret,
    split_token,
)
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of

_USE: Final = table_of(KeyUseRow)
_IN_USE: Final = select(KEYS).where(KEYS.c.key_id == bindparam("key_id"), KEYS.c.revoked_at.is_(None))
_BY_ID: Final = "a key is rotated and revoked by its id alone"
# A key that was revoked is refused everywhere within this time; before, where its end is known.
CACHE_SECONDS: Final = 1.0
_CACHED_KEYS: Final = 10_000


class SqlKeyDirectory:
    """The keys in their database. Lookups are cached for a second, of valid keys only.

    `endings` and `use` are kept by two workers of the process: where these do not run, no end is known before a lookup,
    and no use is written.
    """

    def __init__(self, database: Database, clock: Clock, *, actor: str | None = None) -> None:
        """`actor`: who changes keys through this directory, for the audit."""
        self._database = database
        self._actor = actor
        self._clock = clock
        self._cache: dict[str, tuple[float, Principal]] = {}
        self.endings = SqlEndings(database, clock)
        self.use = KeyUse(database, clock)
        self.tickets = SqlStreamTickets(database, clock, self.principal_of)

    async def create(
        self,
        mission: str,
        role: Role,
        name: str,
        person: str | None = None,
        ceiling: Ceiling | None = None,
        terms: KeyTerms = KeyTerms(),  # noqa: B008 - it is frozen
    ) -> IssuedKey:
        """A new key, with the ceiling of its role where none is given. Raises ValueError for a mission's name that
        could not stand in an address, and for an owner without a name."""
        principal = Principal(
            id=new_key_id(),
            name=name,
            mission=mission,
            role=role,
            person=person,
            own_ceiling=ceiling,
            system=terms.system,
            scopes=terms.scopes,
            networks=terms.networks,
            expires_at=terms.expires_at,
        )
        async with self._database.of(mission).write() as transaction:
            return await add_key(transaction, principal, self._clock.now(), self._actor)

    async def rotate(self, key_id: str, overlap: timedelta, expires_at: datetime | None = None) -> IssuedKey:
        """The successor of a key. The key itself is accepted for the overlap. Raises NotReplaceable."""
        now = self._clock.now()
        async with self._database.of_every_mission(_BY_ID).write() as transaction:
            issued = await replace_key(transaction, key_id, now + overlap, expires_at, now, self._actor)
        self._cache.clear()
        return issued

    async def revoke(self, key_id: str) -> bool:
        """Refuse a key from now on. False when there is no such key in use."""
        async with self._database.of_every_mission(_BY_ID).write() as transaction:
            is_revoked = await revoke_key(transaction, key_id, self._clock.now(), self._actor)
        self._cache.clear()
        return is_revoked

    async def list(
        self, mission: str | None = None, *, after: tuple[datetime, str] | None = None, limit: int | None = None
    ) -> Sequence[KeyRecord]:
        """The keys of a mission, or all, the oldest first. `after` is the end of the previous page: `created_at` and id
        of its last key."""
        query = select(KEYS, _USE.c.last_used_at).outerjoin_from(KEYS, _USE, _USE.c.key_id == KEYS.c.key_id)
        query = query.order_by(KEYS.c.created_at, KEYS.c.key_id).limit(limit)
        if mission is not None:
            query = query.where(KEYS.c.mission == mission)
        if after is not None:
            created_at, key_id = after
            later = and_(KEYS.c.created_at == created_at, KEYS.c.key_id > key_id)
            query = query.where(or_(KEYS.c.created_at > created_at, later))
        every = "an operator lists the keys of all missions"
        keys = self._database.of_every_mission(every) if mission is None else self._database.of(mission)
        async with keys.read() as connection:
            rows = await connection.execute(query)
            return [
                KeyRecord(read_principal(row._mapping), row.created_at, row.revoked_at, row.last_used_at)
                for row in rows
            ]

    async def principal(self, token: str) -> Principal | None:
        """The principal behind a token, or None."""
        found = await self._cached(hash_secret(token), lambda: self._look_up(token))
        if found is not None:
            self.use.note(found.id)
        return found

    async def principal_of(self, key_id: str) -> Principal | None:
        """The principal of a key that is in use, or None."""
        return await self._cached(key_id, lambda: self._find(key_id))

    async def _cached(self, entry: str, look_up: Callable[[], Awaitable[Principal | None]]) -> Principal | None:
        cached = self._cache.get(entry)
        if cached is not None and time.monotonic() - cached[0] < CACHE_SECONDS and self._is_in_use(cached[1]):
            return cached[1]
        self._cache.pop(entry, None)
        found = await look_up()
        if found is None or not self._is_in_use(found):
            return None
        if len(self._cache) >= _CACHED_KEYS:
            self._cache.clear()
        self._cache[entry] = (time.monotonic(), found)
        return found

    def _is_in_use(self, principal: Principal) -> bool:
        return not principal.has_expired(self._clock.now()) and not self.endings.has_ended(principal.id)

    async def _look_up(self, token: str) -> Principal | None:
        parts = split_token(token)
        if parts is None or not parts[0].isalnum() or not token.isascii():
            return None
        key_id, secret = parts
        row = await self._row_in_use(key_id)
        if row is None or not hmac.compare_digest(row.secret_hash, hash_secret(secret)):
            return None
        return read_principal(row._mapping)

    async def _find(self, key_id: str) -> Principal | None:
        row = await self._row_in_use(key_id)
        return None if row is None else read_principal(row._mapping)

    async def _row_in_use(self, key_id: str) -> Row[Any] | None:
        async with self._database.of_every_mission("a key says which mission its caller is of").read() as connection:
            return (await connection.execute(_IN_USE, {"key_id": key_id})).first()
