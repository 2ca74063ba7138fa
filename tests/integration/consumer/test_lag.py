"""The lag of a group, as the broker has it: the same in every process, also in one that does not consume."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from clearway_platform.log.base import BrokerUnavailable
from clearway_platform.messaging import lag
from clearway_platform.messaging.lag import lag_of_group
from clearway_testing.plumbing import eventually, running

from .conftest import Stage


async def is_behind(stage: Stage, count: int) -> bool:
    return await lag_of_group(stage.broker, [stage.topic.name], "reader") == count


async def test_it_is_what_the_group_has_not_settled(stage: Stage) -> None:
    assert await is_behind(stage, 0)
    await stage.send(*(stage.plumbing.event(number, route=uuid4()) for number in range(7)))
    assert await is_behind(stage, 7)
    async with running(stage.consumer().run):
        await eventually(lambda: is_behind(stage, 0))
    await stage.send(stage.plumbing.event(7, route=uuid4()))
    assert await is_behind(stage, 1)


async def test_it_is_not_known_while_the_broker_is_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise BrokerUnavailable("cut off")

    monkeypatch.setattr(stage.broker, "committed", away)
    assert await lag_of_group(stage.broker, [stage.topic.name], "reader") is None


async def test_nor_when_it_answers_too_late(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(lag, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(stage.broker, "reader", silent)
    assert await lag_of_group(stage.broker, [stage.topic.name], "reader") is None
