"""What readiness learns of a consumer: whether its group has it, and whether it is held by one event."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from clearway_contracts.envelope import Event
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging import membership, progress
from clearway_platform.messaging.progress import Progress
from clearway_testing.plumbing import effect, eventually, running

from .conftest import Stage


async def says(known: Progress, stage: Stage, sign: str) -> bool:
    return sign in known.idle(stage.plumbing.clock.now()).get("reader", "")


async def is_at_work(known: Progress, stage: Stage) -> bool:
    return known.idle(stage.plumbing.clock.now()) == {}


async def test_it_joins_and_joins_again_when_another_member_comes_and_goes(stage: Stage) -> None:
    first, second = Progress(), Progress()
    consumer = stage.consumer(progress=first)
    assert await says(first, stage, "joining its group")
    async with running(consumer.run):
        await eventually(lambda: is_at_work(first, stage))
        async with running(stage.consumer(progress=second).run):
            await eventually(lambda: is_at_work(second, stage))
            await eventually(lambda: is_at_work(first, stage))
        await stage.send(*(stage.plumbing.event(number, route=uuid4()) for number in range(20)))
        await eventually(lambda: _handled(stage, 20))
        await eventually(lambda: is_at_work(first, stage))
        assert second.idle(stage.plumbing.clock.now()).keys() == {"reader"}
    assert await says(first, stage, "joining its group")


async def _handled(stage: Stage, count: int) -> bool:
    return len(await stage.plumbing.effects("reader")) == count


async def test_an_event_that_is_not_handled_is_said_until_it_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "MEASURE_SECONDS", 0.05)
    monkeypatch.setattr(progress, "HELD", timedelta(seconds=0.2))
    known, goes_on = Progress(), asyncio.Event()

    async def waits(transaction: Transaction, event: Event) -> None:
        await goes_on.wait()
        await effect("reader")(transaction, event)

    async with running(stage.consumer(waits, progress=known).run):
        await eventually(lambda: is_at_work(known, stage))
        await stage.send(stage.plumbing.event(1, route=uuid4()))
        await eventually(lambda: says(known, stage, "was handled for"))
        goes_on.set()
        await eventually(lambda: _handled(stage, 1))
        await eventually(lambda: is_at_work(known, stage))
