"""Each mission has its own share of a host."""

from datetime import timedelta

from clearway_alerts.outbound.hosts import Hosts
from clearway_testing.manual_clock import ManualClock


async def test_only_who_has_used_up_a_share_waits_until_it_is_whole_again() -> None:
    clock = ManualClock()
    hosts = Hosts(2, clock)
    assert [await hosts.wait("unmas", "hooks.example") for _ in range(2)] == [None, None]
    clock.advance(timedelta(seconds=20))
    assert await hosts.wait("unmas", "hooks.example") == timedelta(seconds=40)
    assert await hosts.wait("unmix", "hooks.example") is None
    assert await hosts.wait("unmas", "other.example") is None
    assert await hosts.wait("unmas", "") is None
    clock.advance(timedelta(seconds=40))
    assert await hosts.wait("unmas", "hooks.example") is None


async def test_without_a_limit_nobody_waits() -> None:
    hosts = Hosts(0, ManualClock())
    assert {await hosts.wait("unmas", "hooks.example") for _ in range(100)} == {None}
