"""How many messages a mission may send to one host: nobody may use Clearway to flood a host that is not theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from clearway_platform.clock import Clock
from clearway_platform.limiting.quotas import Quota, QuotaUsedUp
from clearway_platform.limiting.windows import Windows

_MINUTE: Final = 60
_WINDOWS: Final = 50_000


class Hosts:
    """The attempts of this process. Each mission has its own share of a host: another one's alerts do not wait."""

    def __init__(self, most: int, clock: Clock) -> None:
        """`most` attempts in a minute; 0 is no limit."""
        self._windows = Windows(clock, _WINDOWS)
        self._quota = Quota("host-attempts", most, "messages to this host", "host_attempts_per_minute", _MINUTE)

    async def wait(self, mission: str, host: str) -> timedelta | None:
        """Count an attempt, where it reaches a host. None when it may be made, else how long it waits."""
        try:
            if host:
                await self._windows.hit(self._quota, f"{mission} {host}")
        except QuotaUsedUp as used:
            return timedelta(seconds=used.retry_seconds)
        return None
