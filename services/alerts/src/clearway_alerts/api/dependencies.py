"""What the endpoints are given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from clearway_alerts import permissions
from clearway_alerts.channels.registry import Channels
from clearway_alerts.commands.acknowledge import Acknowledge
from clearway_alerts.commands.deliveries import Deliveries
from clearway_alerts.commands.sources import Sources
from clearway_alerts.commands.subscriptions import Subscriptions
from clearway_alerts.queries.preview import Previews
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import HeavyWork
from clearway_platform.web.access import require
from clearway_platform.web.conditional import IfMatch
from clearway_platform.web.writes import Reply, Write, WriteRequest

Reader = Annotated[Principal, Depends(require(permissions.READ))]
SourceWatcher = Annotated[Principal, Depends(require(permissions.WATCH))]
Subscriber = Annotated[Principal, Depends(require(permissions.SUBSCRIBE))]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The service's own parts, kept at `app.state.wiring`. `heavy` does what requests ask for, not what warnings do."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    acknowledge: Acknowledge
    sources: Sources
    previews: Previews
    news_hours: int
    heavy: HeavyWork
    channels: Channels


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]

Result = TypeVar("Result")
# A command that changes the thing in the address, at the revision that the caller has seen.
Command = Callable[[Transaction, Principal, UUID, int], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Changing:
    """One change of the thing in the address, at the revision that the caller has seen."""

    wiring: Wiring
    principal: Principal
    target: UUID
    seen: int
    write: WriteRequest

    async def run(self, command: Command[Result], reply: Callable[["Changing", Result], Reply]) -> Response:
        """One command, and what its result is answered with."""
        return await self.write(partial(self._reply, command, reply))

    async def _reply(
        self, command: Command[Result], reply: Callable[["Changing", Result], Reply], transaction: Transaction
    ) -> Reply:
        return reply(self, await command(transaction, self.principal, self.target, self.seen))


async def _subscription(
    subscription_id: UUID, principal: Subscriber, seen: IfMatch, wiring: Wired, write: Write
) -> Changing:
    return Changing(wiring, principal, subscription_id, seen, write)


async def _alert(alert_id: UUID, principal: Subscriber, seen: IfMatch, wiring: Wired, write: Write) -> Changing:
    return Changing(wiring, principal, alert_id, seen, write)


async def _source(source_id: UUID, principal: SourceWatcher, seen: IfMatch, wiring: Wired, write: Write) -> Changing:
    return Changing(wiring, principal, source_id, seen, write)


ChangingSource = Annotated[Changing, Depends(_source)]
ChangingSubscription = Annotated[Changing, Depends(_subscription)]
ChangingAlert = Annotated[Changing, Depends(_alert)]
