"""Stream tickets: issued by one process, used once by any other that reads the same directory."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select

from clearway_platform.auth.keys.tables import StreamTicketRow
from clearway_platform.auth.principals import TICKET_PREFIX, IssuedTicket, Principal, hash_secret
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of

_TICKETS: Final = table_of(StreamTicketRow)
_EXPIRED: Final = delete(_TICKETS).where(_TICKETS.c.expires_at <= bindparam("now"))
_OUT: Final = select(func.count()).select_from(_TICKETS).where(_TICKETS.c.key_id == bindparam("owner"))
_ISSUE: Final = insert(_TICKETS)
# Of two processes that are given the same ticket, one deletes it, and the other finds nothing.
_TAKE: Final = (
    delete(_TICKETS)
    .where(_TICKETS.c.ticket_hash == bindparam("presented"), _TICKETS.c.expires_at > bindparam("now"))
    .returning(_TICKETS.c.key_id)
)

VALID: Final = timedelta(seconds=60)
# Of one key at once. A page needs one for each stream that it opens.
MOST_OUT: Final = 1000


class SqlStreamTickets:
    """The tickets in the directory's database: only what is out is there, and only as a hash."""

    def __init__(
        self, database: Database, clock: Clock, principal_of: Callable[[str], Awaitable[Principal | None]]
    ) -> None:
        """`principal_of` finds the principal of a key that is in use."""
        self._database = database
        self._clock = clock
        self._principal_of = principal_of

    async def issue(self, principal: Principal) -> IssuedTicket | None:
        """A new ticket for one stream; None when too many of this key are out."""
        ticket = f"{TICKET_PREFIX}_{secrets.token_urlsafe(32)}"
        now = self._clock.now()
        row = {"ticket_hash": hash_secret(ticket), "key_id": principal.id, "expires_at": now + VALID}
        async with self._database.write() as transaction:
            await transaction.connection.execute(_EXPIRED, {"now": now})
            if (await transaction.connection.execute(_OUT, {"owner": principal.id})).scalar_one() >= MOST_OUT:
                return None
            await transaction.connection.execute(_ISSUE, row)
        return IssuedTicket(ticket, now + VALID)

    async def redeem(self, ticket: str) -> Principal | None:
        """The principal of a ticket that is valid now, and never again. None also when its key was revoked since."""
        asked = {"presented": hash_secret(ticket), "now": self._clock.now()}
        async with self._database.write() as transaction:
            key_id: str | None = (await transaction.connection.execute(_TAKE, asked)).scalar()
        return None if key_id is None else await self._principal_of(key_id)
