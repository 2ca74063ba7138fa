"""What the endpoints are given."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from clearway_alerts import permissions
from clearway_alerts.channels.registry import Channels
from clearway_alerts.commands.acknowledge import Acknowledge
from clearway_alerts.commands.deliveries import Deliveries
from clearway_alerts.commands.subscriptions import Subscriptions
from clearway_platform.auth.principals import Principal
from clearway_platform.heavy import HeavyWork
from clearway_platform.web.access import require

Reader = Annotated[Principal, Depends(require(permissions.READ))]
Subscriber = Annotated[Principal, Depends(require(permissions.SUBSCRIBE))]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The service's own parts, kept at `app.state.wiring`. `heavy` does what requests ask for, not what warnings do."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    acknowledge: Acknowledge
    news_hours: int
    heavy: HeavyWork
    channels: Channels


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
