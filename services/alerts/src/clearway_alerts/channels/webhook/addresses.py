"""Where a webhook may go. A request to an address of the subscriber's choice must never reach our own network."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# The special-purpose registries of IANA; of IPv6 only 2000::/3 is public at all.
FORBIDDEN: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("2002::/16", "6to4"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_MAX_URL: Final = 2000
# A name as the DNS can hold it, in its ASCII form; the underscore is no letter of a host, but some have it.
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}\.?\Z){_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)


ALLOWING: Final = (
    "Give a public https address, or ask the operator of Clearway to allow this one's subnet with "
    "CLEARWAY_WEBHOOK_ALLOWED_SUBNETS."
)


class ForbiddenAddress(OSError):
    """A webhook would reach an address that is not public."""


class ForbiddenUrl(ValueError):
    """A URL that no webhook may have; the message says why, and `remedy` what to do."""

    def __init__(self, problem: str, remedy: str = "Give a public https address.") -> None:
        super().__init__(problem)
        self.remedy = remedy


def allowed_networks(subnets: Iterable[str]) -> tuple[Network, ...]:
    """The networks that a mission lets webhooks reach although they are not public."""
    return tuple(ip_network(subnet) for subnet in subnets)


def why_forbidden(address: Address, allowed: tuple[Network, ...]) -> str | None:
    """The reason why no request may go to the address; None when one may."""
    if any(address in network for network in allowed):
        return None
    for network, why in FORBIDDEN:
        if address in network:
            return why
    if address.version == 6 and address not in _PUBLIC_V6:
        return "not public"
    return None


def check_url(text: str, allowed: tuple[Network, ...]) -> None:
    """Raise ForbiddenUrl unless the URL may be a webhook's: https, or http to a literal in an allowed subnet.

    A name is not resolved here: what it resolves to is checked each time it is dialled.
    """
    url = _parsed(text)
    if url.user is not None or url.password is not None:
        raise ForbiddenUrl("must not carry a user name or password")
    if url.fragment:
        raise ForbiddenUrl("must not have a fragment")
    literal = _literal(url.host or "")
    if literal is not None and (why := why_forbidden(literal, allowed)):
        raise ForbiddenUrl(f"leads to an address that is not public ({why})", ALLOWING)
    if url.scheme != "https" and not (literal is not None and any(literal in network for network in allowed)):
        raise ForbiddenUrl("must begin with https://")


def _parsed(text: str) -> URL:
    if len(text) > _MAX_URL:
        raise ForbiddenUrl(f"is longer than {_MAX_URL} characters")
    if not text.isprintable() or " " in text or "\\" in text:
        raise ForbiddenUrl("contains characters that no URL has")
    try:
        url = URL(text)
        host, port = url.raw_host, url.port
    except ValueError as error:  # also of a host whose name is no internationalised name
        raise ForbiddenUrl("is not a URL") from error
    if url.scheme not in {"http", "https"} or not host or not port:
        raise ForbiddenUrl("must be an absolute https URL with a host")
    if _literal(host) is None and not _HOST_NAME.fullmatch(host):
        raise ForbiddenUrl("has a host that is no name and no address")
    return url


def _literal(host: str) -> Address | None:
    """The address that the host is written as, also in the short and octal forms that a socket would accept."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


class FilteringResolver(AbstractResolver):
    """Refuses a name when any of its addresses may not be reached: what is checked is what is dialled."""

    def __init__(self, resolver: AbstractResolver, allowed: tuple[Network, ...]) -> None:
        self._resolver = resolver
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            if why := why_forbidden(ip_address(result["host"]), self._allowed):
                raise ForbiddenAddress(f"the host resolves to an address that is not public ({why}). {ALLOWING}")
        return found

    async def close(self) -> None:
        await self._resolver.close()
