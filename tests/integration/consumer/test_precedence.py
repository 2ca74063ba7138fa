"""Two consumers of one process on the embedded log: the one that warns has committed before the other begins."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

from clearway_contracts.envelope import Event
from clearway_platform.database.engines import Transaction
from clearway_platform.log import open_broker
from clearway_platform.messaging.handlers import Handler
from clearway_platform.messaging.precedence import Precedence
from clearway_testing.plumbing import Plumbing, eventually, number_of, plumb, running

from .conftest import stage_on

EVENTS = 5
Order = list[tuple[str, int]]


def noting(order: Order, name: str, pause: float) -> Handler:
    """A handler that notes when it begins and when its effect is committed."""

    async def handle(transaction: Transaction, event: Event) -> None:
        order.append((f"{name} begins", number_of(event)))
        await asyncio.sleep(pause)
        transaction.after_commit(lambda: order.append((f"{name} is committed", number_of(event))))

    return handle


async def test_a_warning_is_committed_before_its_event_is_handled_elsewhere(tmp_path: Path) -> None:
    order: Order = []
    async with AsyncExitStack() as opened:

        async def service(name: str) -> Plumbing:
            made = await plumb(f"sqlite:///{tmp_path / name}.db")
            opened.push_async_callback(made.database.close)
            return made

        alerts, analytics = await service("alerts"), await service("analytics")
        broker = open_broker(None, tmp_path)
        opened.push_async_callback(broker.close)
        await broker.start()
        stage, precedence = await stage_on(broker, alerts), Precedence()
        warning = stage.consumer(noting(order, "warning", 0.02), name="warning", turn=precedence.first)
        rating = stage.of(analytics).consumer(noting(order, "rating", 0.0), name="rating", turn=precedence.after)

        async def is_done(number: int) -> bool:
            return ("rating is committed", number) in order

        async with running(warning.run, rating.run):
            for number in range(EVENTS):
                await stage.send(alerts.event(number, route=uuid4()))
                await eventually(partial(is_done, number))
    steps = ("warning begins", "warning is committed", "rating begins", "rating is committed")
    assert order == [(step, number) for number in range(EVENTS) for step in steps]
