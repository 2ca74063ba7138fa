"""A worker that fails is started again; an outage is said once, a defect each time."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clearway_platform.process import supervision
from clearway_platform.process.supervision import Supervisor


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.0)


async def fail(errors: list[Exception]) -> list[tuple[str, bool]]:
    """What is logged of a worker that raises these, one at each start: the event, and whether with a traceback."""
    done = asyncio.Event()

    async def work() -> None:
        if errors:
            raise errors.pop(0)
        done.set()
        await asyncio.Event().wait()

    with capture_logs() as logged:
        supervising = asyncio.create_task(Supervisor("a service", {"a worker": work}, {}).run())
        async with asyncio.timeout(20):
            await done.wait()
        supervising.cancel()
        await asyncio.gather(supervising, return_exceptions=True)
    return [(entry["event"], bool(entry.get("exc_info"))) for entry in logged]


async def test_a_defect_is_logged_each_time_with_its_traceback() -> None:
    assert await fail([ValueError("no"), ValueError("no")]) == [("worker_failed", True)] * 2


async def test_an_outage_is_logged_once_without_a_traceback() -> None:
    assert await fail([ConnectionError("away") for _ in range(5)]) == [("worker_waits", False)]


async def test_an_outage_after_a_defect_is_logged_again() -> None:
    errors = [ConnectionError("away"), ConnectionError("away"), ValueError("no"), ConnectionError("away")]
    logged = await fail(errors)
    assert [event for event, _ in logged] == ["worker_waits", "worker_failed", "worker_waits"]


class Said(dict[str, str | None]):
    """Remembers everything that was said of a worker."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str | None] = []

    def __setitem__(self, worker: str, problem: str | None) -> None:
        super().__setitem__(worker, problem)
        self.all.append(problem)


async def test_what_is_wrong_with_a_worker_is_said_until_it_runs_again() -> None:
    ends, runs_again, said = iter([ValueError("no"), None]), asyncio.Event(), Said()

    async def work() -> None:
        for error in ends:
            if error is None:
                return
            raise error
        runs_again.set()
        await asyncio.Event().wait()

    supervising = asyncio.create_task(Supervisor("a service", {"a worker": work}, said).run())
    async with asyncio.timeout(20):
        await runs_again.wait()
    supervising.cancel()
    await asyncio.gather(supervising, return_exceptions=True)
    assert said.all == [None, "ValueError", None, "it ended", None]
