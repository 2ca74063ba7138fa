"""Counting to a quota in a window of time, with the library `limits`."""

from __future__ import annotations

import math

from limits import RateLimitItemPerSecond
from limits.aio.strategies import FixedWindowRateLimiter

from clearway_platform.clock import Clock
from clearway_platform.limiting.counters import Counters
from clearway_platform.limiting.quotas import Quota, QuotaUsedUp, Standing


class Windows:
    """The windows of many: that of each begins with its first hit."""

    def __init__(self, clock: Clock, most: int) -> None:
        """`most` windows are kept; then the one that began first is forgotten."""
        self._clock = clock
        self._limiter = FixedWindowRateLimiter(Counters(clock, most))

    async def hit(self, quota: Quota, whose: str) -> Standing | None:
        """Count one, and what is left; None where the quota is no limit. Raises QuotaUsedUp."""
        if not quota.most or quota.seconds is None:
            return None
        item = RateLimitItemPerSecond(quota.most, quota.seconds)
        is_allowed = await self._limiter.hit(item, quota.name, whose)
        window = await self._limiter.get_window_stats(item, quota.name, whose)
        seconds = max(math.ceil(window.reset_time - self._clock.now().timestamp()), 1)
        standing = Standing(quota, window.remaining, seconds)
        if not is_allowed:
            raise QuotaUsedUp(standing, seconds)
        return standing
