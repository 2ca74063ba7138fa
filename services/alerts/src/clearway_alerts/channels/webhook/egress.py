"""How a request leaves: straight, or through the proxy that the operator names.

The proxy is told the address that was checked, not the name: it looks up nothing, so that what is checked is what is
dialled. The receiver is still asked by its name, in TLS and in `Host`. No environment variable names a proxy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final

from aiohttp.abc import AbstractResolver
from yarl import URL

from clearway_platform.settings import UnusableSetting

NAMED: Final = "CLEARWAY_WEBHOOK_PROXY"


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a request: its address, and what the client is told beside it."""

    url: URL
    headers: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def proxy_of(text: str) -> URL:
    """The proxy of a setting. Raises UnusableSetting, which does not repeat it: it may hold a password."""
    try:
        url = URL(text)
        is_usable = url.scheme in ("http", "https") and bool(url.host) and bool(url.port) and url.path in ("", "/")
    except ValueError:
        is_usable = False
    if not is_usable:
        raise UnusableSetting(f"{NAMED} cannot be used: give http://host:port, or https, without a path.")
    return url


class Egress:
    """The ways of requests. `resolver` refuses a name of which an address may not be reached."""

    def __init__(self, resolver: AbstractResolver, proxy: URL | None) -> None:
        self._resolver = resolver
        self._proxy = proxy

    async def ways(self, url: str) -> Sequence[Way]:
        """The ways to try, in order: through a proxy one for each address of the host, as it may reach only some.

        Raises ForbiddenAddress, and OSError for a name that is not found.
        """
        target = URL(url)
        if self._proxy is None:
            return [Way(target)]
        options = {"proxy": self._proxy}
        host = (target.raw_host or "").rstrip(".")
        if _is_address(host):
            return [Way(target, options=options)]
        found = await self._resolver.resolve(host, target.port or 0)
        named = {"Host": host if target.is_default_port() else f"{host}:{target.port}"}
        addresses = dict.fromkeys(result["host"] for result in found)
        return [Way(target.with_host(one), named, {**options, "server_hostname": host}) for one in addresses]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
