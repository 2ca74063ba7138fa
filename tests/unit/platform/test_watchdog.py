"""A hold of the event loop is in the metrics, and the log says where in the program it was."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from clearway_platform.process import watchdog
from clearway_platform.process.watchdog import HOLDS, LONGEST, WINDOW_SECONDS, Watchdog
from clearway_platform.web.pages import encode_cursor

SECONDS = 20


def longest() -> float:
    [metric] = LONGEST.collect()
    return metric.samples[0].value


def holds_over(seconds: float) -> float:
    [metric] = HOLDS.collect()
    counts = {sample.labels.get("le"): sample.value for sample in metric.samples}
    return counts["+Inf"] - counts[str(seconds)]


async def test_what_holds_the_loop_is_measured_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "LOGGED_SECONDS", 0.05)
    before = holds_over(0.1)
    with capture_logs() as logged:
        beating = asyncio.create_task(Watchdog().run())
        async with asyncio.timeout(SECONDS):
            while not logged:
                await asyncio.sleep(0.03)
                begun = time.monotonic()
                while time.monotonic() - begun < 0.3:
                    encode_cursor(1)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    assert holds_over(0.1) > before
    assert longest() > 0.1
    held = next(entry for entry in logged if entry["event"] == "loop_held")
    assert held["place"] is None or held["place"].startswith("clearway_platform.web.pages:encode_cursor:")


def test_the_longest_hold_is_that_of_the_last_minutes() -> None:
    dog = Watchdog()
    now = time.monotonic()
    dog.held(2.0, now + 1, None)
    assert longest() == 2.0
    dog.held(0.1, now + WINDOW_SECONDS + 1, None)
    assert longest() == 2.0
    dog.held(0.2, now + 2 * WINDOW_SECONDS + 2, None)
    assert longest() == 0.2


def test_at_most_one_hold_in_a_minute_is_logged() -> None:
    dog = Watchdog()
    now = time.monotonic()
    with capture_logs() as logged:
        for second in range(int(WINDOW_SECONDS) + 2):
            dog.held(1.0, now + second, "clearway_a:b:1")
    assert [entry["place"] for entry in logged] == ["clearway_a:b:1"] * 2
