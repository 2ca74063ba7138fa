"""Secrets that stand in the clear are sealed; sealed ones are sealed with another key, or put back in the clear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy import ColumnElement, RowMapping, Text, and_, cast, func, or_, select, update

from clearway_alerts.sealing.envelope import NotSealedHere, sealed_anew
from clearway_alerts.sealing.keys import Keyring, MissingKey
from clearway_alerts.storage.channels import clear_columns, read_channel, secret_columns
from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.messaging.retry import retry_until_done

_LOOK_SECONDS: Final = 60.0
_AT_ONCE: Final = 100
_WHY: Final = "the secrets of all missions are sealed with the same keys"
_JSON: Final = cast(SUBSCRIPTION.c.channel_secrets, Text)
_KEY_ID: Final = SUBSCRIPTION.c.sealed_secrets["key"].as_string()
_IS_CLEAR: Final[ColumnElement[bool]] = or_(
    SUBSCRIPTION.c.secret.is_not(None),
    SUBSCRIPTION.c.private_key.is_not(None),
    and_(SUBSCRIPTION.c.channel_secrets.is_not(None), _JSON.not_in(("null", "{}"))),
)
SECRETS: Final = Gauge(
    "clearway_alert_secrets",
    "Subscriptions with secrets: sealed, in the clear, or locked, which no key of this process opens",
    ["state"],
)

_log = structlog.get_logger(__name__)
Change = Callable[[RowMapping], Mapping[str, Any]]


@dataclass(slots=True)
class Done:
    """What came of a turn through all subscriptions: those that were changed, and those that could not be, and why."""

    changed: int = 0
    failed: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealing:
    """Several processes may do it: each takes rows that no other has locked. Nothing waits for it but a change of the
    same subscription."""

    database: Database
    keys: Keyring

    async def run(self) -> None:
        """A worker: what an older program, or one without a key, left in the clear is sealed."""
        known: set[str] = set()
        while True:
            if self.keys.sealing is not None:
                done = await retry_until_done(self.seal)
                if done.changed:
                    _log.info("secrets_sealed", subscriptions=done.changed, key=self.keys.ids[0])
            counts = await retry_until_done(self.counts)
            locked = {key for key in counts if key is not None and key not in self.keys.ids}
            for key in sorted(locked - known):
                _log.error("secrets_locked", key=key, subscriptions=counts[key], remedy=str(MissingKey(key)))
            known = locked
            SECRETS.labels("clear").set(counts.get(None, 0))
            SECRETS.labels("locked").set(sum(counts[key] for key in locked))
            SECRETS.labels("sealed").set(sum(n for key, n in counts.items() if key is not None and key not in locked))
            await asyncio.sleep(_LOOK_SECONDS)

    async def counts(self) -> dict[str | None, int]:
        """How many subscriptions have secrets that are sealed with each key, by its id; None for those in the clear."""
        rows = self.database.of_every_mission(_WHY)
        of_key = select(_KEY_ID.label("key"), func.count()).where(_KEY_ID.is_not(None)).group_by(_KEY_ID)
        clear = select(func.count()).select_from(SUBSCRIPTION).where(_IS_CLEAR)
        found: dict[str | None, int] = dict(map(tuple, await rows.measure(of_key)))
        [(count,)] = map(tuple, await rows.measure(clear))
        return found | ({None: count} if count else {})

    async def seal(self) -> Done:
        """Seal what is in the clear. There must be a key that seals."""

        def sealed(row: RowMapping) -> Mapping[str, Any]:
            stored = read_channel(row, self.keys)
            return secret_columns(stored.type, stored.secrets, row["id"], self.keys)

        return await self._turn(_IS_CLEAR, sealed)

    async def rotate(self) -> Done:
        """Seal with the first key what is sealed with another one, and what is in the clear. There must be a key."""
        key = self.keys.sealing
        assert key is not None

        def anew(row: RowMapping) -> Mapping[str, Any]:
            return {"sealed_secrets": sealed_anew(self.keys, key, row["id"], row["sealed_secrets"])}

        done, sealed = await self._turn(key.id != _KEY_ID, anew), await self.seal()
        return Done(done.changed + sealed.changed, done.failed | sealed.failed)

    async def unseal(self) -> Done:
        """Put every secret back in the clear, as 0.1.0 reads them."""

        def opened(row: RowMapping) -> Mapping[str, Any]:
            stored = read_channel(row, self.keys)
            return {"sealed_secrets": None} | clear_columns(stored.type, dict(stored.secrets))

        return await self._turn(_KEY_ID.is_not(None), opened)

    async def _turn(self, which: ColumnElement[bool], change: Change) -> Done:
        """Change the rows, a few in each transaction. One that cannot be changed is passed over."""
        done = Done()
        last: UUID | None = None
        while True:
            async with self.database.of_every_mission(_WHY).write() as transaction:
                query = select(SUBSCRIPTION).where(which).order_by(SUBSCRIPTION.c.id).limit(_AT_ONCE)
                query = query if last is None else query.where(SUBSCRIPTION.c.id > last)
                rows = (await transaction.connection.execute(query.with_for_update())).mappings().all()
                for row in rows:
                    await _change(transaction, row, change, done)
            if len(rows) < _AT_ONCE:
                return done
            last = rows[-1]["id"]


async def _change(transaction: Transaction, row: RowMapping, change: Change, done: Done) -> None:
    try:
        values = change(row)
    except (MissingKey, NotSealedHere) as error:
        done.failed[row["id"]] = str(error)
        return
    await transaction.connection.execute(update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == row["id"]).values(values))
    done.changed += 1
