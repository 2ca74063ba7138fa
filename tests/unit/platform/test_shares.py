"""Shares: what is counted together, how many windows are kept, and what becomes of a sum that is not kept."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from clearway_platform.auth.principals import Principal, Role
from clearway_platform.limiting.counters import Counters
from clearway_platform.limiting.quotas import Quota, QuotaUsedUp, Standing
from clearway_platform.limiting.shares import Shares, network_of
from clearway_platform.settings import Settings
from clearway_testing.manual_clock import ManualClock

CALLER = Principal("key", "a key", "unmas", Role.ANALYST)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a unix socket", "a unix socket"),
        (None, "unknown"),
        ("", "unknown"),
    ],
)
def test_the_addresses_of_one_client_are_counted_together(address: str | None, network: str) -> None:
    assert network_of(address) == network


async def test_a_stranger_with_many_addresses_fills_no_memory() -> None:
    counters = Counters(ManualClock(), 100)
    for number in range(10_000):
        assert await counters.incr(f"address {number}", 60) == 1
    assert len(counters) == 100
    assert await counters.get("address 9999") == 1
    assert await counters.get("address 0") == 0


async def test_windows_that_are_over_are_forgotten_and_others_are_kept() -> None:
    clock = ManualClock()
    counters = Counters(clock, 1_000)
    for number in range(10):
        await counters.incr(f"early {number}", 60)
    clock.advance(timedelta(seconds=30))
    await counters.incr("later", 60, amount=5)
    clock.advance(timedelta(seconds=31))
    assert await counters.incr("new", 60) == 1
    assert len(counters) == 2
    assert await counters.incr("later", 60) == 6


async def test_a_window_of_its_own_begins_with_each_first_request() -> None:
    clock = ManualClock()
    shares = Shares(Settings(key_requests_per_minute=2), clock)
    for _ in range(2):
        await shares.count(CALLER, writes=False)
        clock.advance(timedelta(seconds=10))
    with pytest.raises(QuotaUsedUp) as refused:
        await shares.count(CALLER, writes=False)
    assert refused.value.headers["Retry-After"] == "40"
    clock.advance(timedelta(seconds=40))
    key, _mission = await shares.count(CALLER, writes=False)
    assert key.left == 1


async def test_a_limit_of_0_is_none() -> None:
    none: dict[str, Any] = {
        name: 0 for name in Settings.model_fields if name.endswith(("_per_minute", "_streams", "_stored_bytes"))
    }
    shares = Shares(Settings(**none), ManualClock())
    assert [list(await shares.count(CALLER, writes=True)) for _ in range(100)] == [[]] * 100
    await shares.count_failure("192.0.2.7")
    with shares.stream(CALLER), shares.stream(CALLER):
        pass


def test_the_place_of_a_stream_is_free_again_however_it_ends() -> None:
    shares = Shares(Settings(key_streams=1), ManualClock())
    for _ in range(3):
        with suppress(ZeroDivisionError), shares.stream(CALLER):
            with pytest.raises(QuotaUsedUp), shares.stream(CALLER):
                pass
            raise ZeroDivisionError


def test_the_header_fields_are_structured_as_the_draft_says() -> None:
    quota = Quota("mission-bytes", 10, "bytes on record", "mission_stored_bytes", unit="content-bytes")
    refused = QuotaUsedUp(Standing(quota, 0), 3600, "Retracting goes on.")
    assert refused.headers == {
        "Retry-After": "3600",
        "RateLimit-Policy": '"mission-bytes";q=10;qu="content-bytes"',
        "RateLimit": '"mission-bytes";r=0',
    }
    assert refused.detail == (
        "There were 10 bytes on record: more are not allowed. Retracting goes on. "
        "The operator can raise the limit with CLEARWAY_MISSION_STORED_BYTES."
    )
