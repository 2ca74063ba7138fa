"""Stream tickets: issued by one process, redeemed once by any process that uses the same key directory."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select

from clearway_platform.auth.keys.rows import columns_of, read_principal
from clearway_platform.auth.keys.tables import StreamTicketRow
from clearway_platform.auth.principals import TICKET_PREFIX, Principal, StreamTicket, hash_secret
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of

_TICKETS: Final = table_of(StreamTicketRow)
_EXPIRED: Final = delete(_TICKETS).where(_TICKETS.c.expires_at <= bindparam("now"))
_COUNT: Final = select(func.count()).select_from(_TICKETS).where(_TICKETS.c.key_id == bindparam("owner"))
_ISSUE: Final = insert(_TICKETS)
# If two processes redeem the same ticket, one deletes the row, and the other finds none.
_TAKE: Final = (
    delete(_TICKETS)
    .where(_TICKETS.c.ticket_hash == bindparam("presented"), _TICKETS.c.expires_at > bindparam("now"))
    .returning(_TICKETS.c.key_id, _TICKETS.c.person)
)

VALID: Final = timedelta(seconds=60)
# The unused tickets of one key. A page needs a ticket for each stream that it opens.
MOST_TICKETS: Final = 1000


class SqlStreamTickets:
    """The tickets in the key directory's database: only unused tickets, as hashes."""

    def __init__(
        self, database: Database, clock: Clock, principal_of: Callable[[str], Awaitable[Principal | None]]
    ) -> None:
        """`principal_of` finds the principal of a key that is in use."""
        self._clock = clock
        self._principal_of = principal_of
        self._tickets = database.of_every_mission("a ticket names no mission, and expired ones of all are removed")

    async def issue(self, principal: Principal) -> StreamTicket | None:
        """A new ticket for one stream; None when the key has too many unused tickets."""
        ticket = f"{TICKET_PREFIX}_{secrets.token_urlsafe(32)}"
        now = self._clock.now()
        person = None if principal.has_key else columns_of(principal)
        row = {"ticket_hash": hash_secret(ticket), "key_id": principal.id, "expires_at": now + VALID}
        row |= {"person": None if person is None else person | {"expires_at": _written(principal.expires_at)}}
        async with self._tickets.write() as transaction:
            await transaction.connection.execute(_EXPIRED, {"now": now})
            if (await transaction.connection.execute(_COUNT, {"owner": principal.id})).scalar_one() >= MOST_TICKETS:
                return None
            await transaction.connection.execute(_ISSUE, row)
        return StreamTicket(ticket, now + VALID)

    async def redeem(self, ticket: str) -> Principal | None:
        """The principal of a valid ticket, which is used up. None too if its key, or its token, has ended since."""
        now = self._clock.now()
        asked = {"presented": hash_secret(ticket), "now": now}
        async with self._tickets.write() as transaction:
            found = (await transaction.connection.execute(_TAKE, asked)).first()
        if found is None:
            return None
        if found.person is None:
            return await self._principal_of(found.key_id)
        person = read_principal(found.person | {"expires_at": _read(found.person["expires_at"])})
        return None if person.has_expired(now) else person


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment)
