"""The shares of a process: what a key, a mission and an address may send in a minute, and have open at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.limiting.quotas import Quota, QuotaUsedUp, Standing
from clearway_platform.limiting.windows import Windows
from clearway_platform.settings import Settings

MINUTE: Final = 60
# The windows of keys and missions, and apart from them those of addresses, of which a stranger can have many.
_KNOWN: Final = 50_000
_ADDRESSES: Final = 10_000
# A client of IPv6 has a network of its own.
_IPV6_NETWORK: Final = 64
_STREAM_RETRY_SECONDS: Final = 30
_NO_ADDRESS: Final = "unknown"


class Shares:
    """Counts in the memory of this process: no request waits for a database because of it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._known, self._addresses = Windows(clock, _KNOWN), Windows(clock, _ADDRESSES)
        self._requests = (
            _in_a_minute(settings, "key-requests", "key_requests_per_minute", "requests of this key"),
            _in_a_minute(settings, "mission-requests", "mission_requests_per_minute", "requests of this mission"),
        )
        self._writes = (
            _in_a_minute(settings, "key-writes", "key_writes_per_minute", "changes by this key"),
            _in_a_minute(settings, "mission-writes", "mission_writes_per_minute", "changes by this mission"),
        )
        self._failures = _in_a_minute(
            settings,
            "address-failures",
            "failed_authentications_per_minute",
            "requests without a valid key from this address",
        )
        self._public = _in_a_minute(
            settings, "address-public", "public_requests_per_minute", "requests from this address for what is public"
        )
        self._streams = (
            _at_a_time(settings, "key-streams", "key_streams", "streams of this key"),
            _at_a_time(settings, "mission-streams", "mission_streams", "streams of this mission"),
        )
        self._open: Counter[tuple[str, str]] = Counter()

    async def count(self, principal: Principal, *, writes: bool) -> Sequence[Standing]:
        """Count one request of a key and of its mission; what is left to them. Raises QuotaUsedUp.

        A key that has used up its own share takes nothing of its mission's.
        """
        quotas = (*self._requests, *self._writes) if writes else self._requests
        counted = [await self._known.hit(quota, _whose(quota, principal)) for quota in quotas]
        return [standing for standing in counted if standing is not None]

    async def count_failure(self, address: str | None) -> None:
        """Count a request without a valid key. Raises QuotaUsedUp when there were too many from its address.

        No valid key is refused for it: whoever else is behind the same address can still retract a report.
        """
        await self._addresses.hit(self._failures, network_of(address))

    async def count_public(self, address: str | None) -> None:
        """Count a request for what anyone may read. Raises QuotaUsedUp when there were too many from its address."""
        await self._addresses.hit(self._public, network_of(address))

    @contextmanager
    def stream(self, principal: Principal) -> Iterator[None]:
        """Count a stream while it is open. Raises QuotaUsedUp."""
        names = [(quota.name, _whose(quota, principal)) for quota in self._streams]
        for quota, name in zip(self._streams, names, strict=True):
            if quota.most and self._open[name] >= quota.most:
                remedy = "Close one that is not needed, or wait {seconds} s, then repeat."
                raise QuotaUsedUp(Standing(quota, 0), _STREAM_RETRY_SECONDS, remedy)
        self._open.update(names)
        try:
            yield
        finally:
            self._open.subtract(names)
            self._open += Counter()  # forgets those that are zero


def network_of(address: str | None) -> str:
    """The address whose failures are counted together; of IPv6 its network."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or _NO_ADDRESS
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)


def _whose(quota: Quota, principal: Principal) -> str:
    return principal.id if quota.name.startswith("key-") else principal.mission


def _in_a_minute(settings: Settings, name: str, field: str, words: str) -> Quota:
    return Quota(name, getattr(settings, field), f"{words} in a minute", field, seconds=MINUTE)


def _at_a_time(settings: Settings, name: str, field: str, words: str) -> Quota:
    return Quota(name, getattr(settings, field), f"{words} at a time", field, unit="concurrent-requests")
