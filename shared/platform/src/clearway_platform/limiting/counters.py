"""The windows that are being counted, in the memory of this process, and never more than a fixed number of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from limits.aio.storage import Storage

from clearway_platform.clock import Clock


@dataclass(slots=True)
class _Window:
    ends: float
    count: int = 0


class Counters(Storage):
    """A storage of `limits` for fixed windows. The library's own one in memory looks at every window at each hit: with
    the windows of 100,000 addresses, each request would hold the event loop for 40 ms."""

    STORAGE_SCHEME = None
    base_exceptions = ArithmeticError

    def __init__(self, clock: Clock, most: int) -> None:
        """`most` windows are kept; then the one that began first is forgotten."""
        super().__init__()
        self._clock: Final = clock
        self._most: Final = most
        self._windows: dict[str, _Window] = {}

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and begin a window of `expiry` seconds where none is open."""
        window = self._open(key)
        if window is None:
            window = self._begin(key, expiry)
        window.count += amount
        return window.count

    async def get(self, key: str) -> int:
        window = self._open(key)
        return 0 if window is None else window.count

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        window = self._open(key)
        return self._now() if window is None else window.ends

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        count = len(self._windows)
        self._windows.clear()
        return count

    async def clear(self, key: str) -> None:
        self._windows.pop(key, None)

    def __len__(self) -> int:
        return len(self._windows)

    def _open(self, key: str) -> _Window | None:
        window = self._windows.get(key)
        return window if window is not None and window.ends > self._now() else None

    def _begin(self, key: str, seconds: int) -> _Window:
        """A new window, behind all that began before it. Those in front that are over make room."""
        now = self._now()
        self._windows.pop(key, None)
        while self._windows:
            oldest = next(iter(self._windows))
            if self._windows[oldest].ends > now and len(self._windows) < self._most:
                break
            del self._windows[oldest]
        window = self._windows[key] = _Window(now + seconds)
        return window

    def _now(self) -> float:
        return self._clock.now().timestamp()
