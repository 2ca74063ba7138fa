"""A part that is away is one line in the log, however much fails meanwhile."""

import gc
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.types import EventDict

from clearway_platform.outages import AGAIN_SECONDS, ALONE_SECONDS, DATABASE, Outages
from clearway_testing.metrics import sample


class Work:
    """Something that fails and is tried again."""


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


AWAY = ConnectionRefusedError("refused\nby 127.0.0.1")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def outages(time: Time) -> Outages:
    return Outages(time)


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as entries:
        yield entries


def events(logged: list[EventDict]) -> list[str]:
    return [entry["event"] for entry in logged]


def test_much_work_that_fails_is_one_outage(outages: Outages, logged: list[EventDict]) -> None:
    works = [Work() for _ in range(20)]
    for _ in range(50):
        for work in works:
            outages.failed(DATABASE, work, "work", AWAY)
    assert events(logged) == ["outage_begins"]
    assert logged[0]["error"] == "ConnectionRefusedError: refused"
    for work in works[1:]:
        outages.succeeded(work)
    assert events(logged) == ["outage_begins"]
    assert outages.lasts(DATABASE)
    outages.succeeded(works[0])
    assert events(logged) == ["outage_begins", "outage_ends"]
    assert logged[1]["failures"] == 1000
    assert not outages.lasts(DATABASE)


def test_each_part_has_its_own(outages: Outages, logged: list[EventDict]) -> None:
    work = Work()
    outages.failed("broker", work, "work", AWAY)
    outages.failed(DATABASE, work, "work", AWAY)
    assert [entry["part"] for entry in logged] == ["broker", DATABASE]


def test_one_that_lasts_is_logged_again_from_time_to_time(
    outages: Outages, time: Time, logged: list[EventDict]
) -> None:
    work = Work()
    for _ in range(int(AGAIN_SECONDS) * 2 + 1):
        outages.failed(DATABASE, work, "work", AWAY)
        time.now += 1
    assert events(logged) == ["outage_begins", "outage_lasts", "outage_lasts"]
    assert (logged[2]["seconds"], logged[2]["failures"]) == (AGAIN_SECONDS * 2, AGAIN_SECONDS * 2)


def test_requests_that_fail_are_counted_and_not_logged_while_the_outage_is(
    outages: Outages, time: Time, logged: list[EventDict]
) -> None:
    assert outages.failed_alone(DATABASE)
    assert not outages.failed_alone(DATABASE)
    time.now += ALONE_SECONDS
    assert outages.failed_alone(DATABASE)
    work = Work()
    outages.failed(DATABASE, work, "work", AWAY)
    time.now += ALONE_SECONDS
    assert not outages.failed_alone(DATABASE)
    outages.succeeded(work)
    assert logged[-1]["failures"] == 2


@pytest.mark.parametrize("given_up", [True, False])
def test_work_that_has_ended_keeps_no_outage_open(outages: Outages, logged: list[EventDict], *, given_up: bool) -> None:
    work = Work()
    outages.failed(DATABASE, work, "work", AWAY)
    if given_up:
        outages.gave_up(work)
    del work
    gc.collect()
    assert not outages.lasts(DATABASE)
    outages.failed(DATABASE, other := Work(), "other", AWAY)
    assert events(logged) == ["outage_begins", "outage_begins"]
    outages.succeeded(other)


def test_the_metrics_show_it(outages: Outages) -> None:
    before, work = sample("clearway_outage_failures_total", part=DATABASE), Work()
    outages.failed(DATABASE, work, "work", AWAY)
    outages.failed_alone(DATABASE)
    assert sample("clearway_outage_failures_total", part=DATABASE) == before + 2
    assert sample("clearway_outage", part=DATABASE) == 1
    outages.succeeded(work)
    assert sample("clearway_outage", part=DATABASE) == 0
