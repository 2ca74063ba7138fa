"""The addresses of a name, which c-ares asks the name servers for: one that is slow delays no other look-up.

The look-up of the C library takes a thread for as long as it lasts, and a process has few.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Final

import aiodns
from aiodns.error import ARES_ENODATA, ARES_ENOTFOUND, ARES_ETIMEOUT, DNSError
from aiohttp.abc import AbstractResolver, ResolveResult

# A look-up takes no longer. The first try is as long as answers of its server were lately, or this; each later one is
# twice as long: a server that answers at once for most names may be slow for a good one.
_LONGEST_SECONDS: Final = 5.0
_FIRST_TRY_SECONDS: Final = 1.0
_TRIES: Final = 5
_REASONS: Final[Mapping[int, str]] = {
    ARES_ENOTFOUND: "the name of the host was not found",
    ARES_ENODATA: "the name of the host has no address",
    ARES_ETIMEOUT: "the name servers did not answer in time",
}
_OTHER: Final = "the name servers do not answer as they should"


class NameNotResolved(OSError):
    """No address was found; the message says why, and not which name."""


class Names(AbstractResolver):
    """Looks in /etc/hosts, then asks `servers`, each as an address with or without a port; by default those of the
    system."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self._resolver = aiodns.DNSResolver(servers or None, timeout=_FIRST_TRY_SECONDS, tries=_TRIES)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises NameNotResolved."""
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                found = await self._resolver.getaddrinfo(host, port=port, type=socket.SOCK_STREAM, family=family)
        except TimeoutError as error:
            raise NameNotResolved(_REASONS[ARES_ETIMEOUT]) from error
        except DNSError as error:
            raise NameNotResolved(_REASONS.get(error.args[0], _OTHER)) from error
        return [
            ResolveResult(
                hostname=host,
                host=node.addr[0].decode("ascii"),
                port=node.addr[1],
                family=node.family,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for node in found.nodes
        ]

    async def close(self) -> None:
        await self._resolver.close()
