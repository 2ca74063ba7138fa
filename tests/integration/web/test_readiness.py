"""What the process says of its readiness: all of it, and that for requests alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from clearway_platform.messaging.progress import Progress
from clearway_platform.process.consuming import FIRST_JOIN, ConsumersOfProcess
from clearway_platform.web.operations import operations_app
from clearway_testing.manual_clock import ManualClock

IDLE = {"consumer alerts": "is joining its group"}


@dataclass
class Parts:
    """The parts of a process, each with its problem."""

    database: str | None = None
    broker: str | None = None
    idle_: Mapping[str, str] = field(default_factory=dict)
    not_joined: Mapping[str, str] = field(default_factory=dict)

    def idle(self) -> Mapping[str, str]:
        return self.idle_

    def not_joined_yet(self) -> Mapping[str, str]:
        return self.not_joined

    async def ask(self, path: str) -> tuple[int, str, set[str]]:
        async def database() -> str | None:
            return self.database

        async def broker() -> str | None:
            return self.broker

        app = operations_app({}, {"database": database}, {"broker": broker}, self)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            answer = await client.get(path)
            said = answer.json()
            return answer.status_code, said["status"], set(said["problems"])


@pytest.mark.parametrize(
    ("parts", "whole", "for_requests"),
    [
        (Parts(), (200, "ready", set()), (200, "ready", set())),
        (Parts(idle_=IDLE), (503, "unready", {"consumer alerts"}), (200, "ready", set())),
        (Parts(idle_=IDLE, not_joined=IDLE), (503, "unready", {"consumer alerts"}), (503, "unready", {*IDLE})),
        (Parts(broker="away"), (200, "degraded", {"broker"}), (200, "degraded", {"broker"})),
        (
            Parts(broker="away", idle_=IDLE, not_joined=IDLE),
            (200, "degraded", {"broker", "consumer alerts"}),
            (200, "degraded", {"broker"}),
        ),
        (Parts(database="away"), (503, "unready", {"database"}), (503, "unready", {"database"})),
    ],
    ids=["all work", "idle", "just started", "no broker", "started without a broker", "no database"],
)
async def test_consumers_count_for_the_whole_and_not_for_requests(
    parts: Parts, whole: tuple[int, str, set[str]], for_requests: tuple[int, str, set[str]]
) -> None:
    assert await parts.ask("/readyz") == whole
    assert await parts.ask("/readyz/api") == for_requests


def test_an_upgrade_waits_for_the_first_membership_and_not_for_ever(clock: ManualClock) -> None:
    progress, missing = Progress(), ["no tables"]
    consumers = ConsumersOfProcess([Progress(), progress], clock, lambda: missing[0] if missing else None)
    progress.left("alerts", clock.now())
    assert consumers.idle() == {}, "what is missing is said instead"
    missing.clear()
    assert consumers.idle().keys() == consumers.not_joined_yet().keys() == {"consumer alerts"}
    clock.advance(FIRST_JOIN + timedelta(seconds=1))
    assert consumers.idle().keys() == {"consumer alerts"}
    assert consumers.not_joined_yet() == {}
    progress.joined("alerts")
    assert consumers.idle() == {}
