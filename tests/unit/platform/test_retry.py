"""Work that is tried again until it succeeds, and what is not tried again."""

import pytest
from structlog.testing import capture_logs

from clearway_platform.log.base import BrokerUnavailable
from clearway_platform.messaging import retry
from clearway_platform.messaging.retry import Outage, retry_until_done
from clearway_platform.outages import Outages


class Flaky:
    """Fails so many times before it succeeds."""

    def __init__(self, failures: int, error: type[Exception] = ConnectionError) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    async def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return "done"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_WAIT_SECONDS", "LONGEST_WAIT_SECONDS", "JITTER_SECONDS"):
        monkeypatch.setattr(retry, name, 0.0)


@pytest.mark.parametrize("failures", [0, 1, 5])
async def test_it_is_tried_until_it_succeeds_and_each_failure_is_asked_about_once(failures: int) -> None:
    work = Flaky(failures)
    asked: list[Exception] = []

    def on(error: Exception) -> bool:
        asked.append(error)
        return True

    assert await retry_until_done(work, on) == "done"
    assert work.calls == failures + 1
    assert len(asked) == failures


async def test_a_lasting_error_is_raised_at_once() -> None:
    work = Flaky(1, ValueError)
    with pytest.raises(ValueError):
        await retry_until_done(work)
    assert work.calls == 1


async def test_a_later_failure_of_another_kind_is_raised() -> None:
    work = Flaky(3)
    with pytest.raises(ConnectionError):
        await retry_until_done(work, on=lambda _error: work.calls < 3)
    assert work.calls == 3


async def test_an_outage_is_logged_once_and_its_end_once() -> None:
    with capture_logs() as logged:
        await retry_until_done(Flaky(50), outage=Outage("Flaky", Outages()))
    begins, ends = (entry for entry in logged if entry["event"].startswith("outage_"))
    assert (begins["event"], begins["part"], begins["work"]) == ("outage_begins", "database", "Flaky")
    assert begins["error"] == "ConnectionError"
    assert (ends["event"], ends["part"], ends["failures"]) == ("outage_ends", "database", 49)


async def test_a_single_failure_is_not_worth_a_line() -> None:
    with capture_logs() as logged:
        await retry_until_done(Flaky(1))
    assert logged == []


async def test_an_outage_over_several_calls_is_logged_once() -> None:
    """As a consumer's, which joins its group again and again until the broker answers."""
    outage = Outage("consumer", Outages())
    with capture_logs() as logged:
        for _ in range(3):
            for _ in range(2):
                outage.note(BrokerUnavailable("first line\nsecond line"))
        outage.end()
        outage.end()
    assert [entry["event"] for entry in logged] == ["outage_begins", "outage_ends"]
    assert (logged[0]["part"], logged[0]["error"]) == ("broker", "BrokerUnavailable: first line")
