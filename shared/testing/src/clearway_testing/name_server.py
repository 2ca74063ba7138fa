"""A name server on loopback, with names that are answered, late or never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from dnslib import QTYPE, RCODE, RR, A, DNSRecord

from clearway_testing.server import LOOPBACK

NEVER: Final = None
SECONDS_TO_LIVE: Final = 60


class NameServer(asyncio.DatagramProtocol):
    """Answers with the IPv4 address of a name. What ends with the name of a `delay` is answered after so many seconds,
    or NEVER; what it does not know does not exist."""

    def __init__(self, addresses: Mapping[str, str], delays: Mapping[str, float | None]) -> None:
        self.asked: list[str] = []
        self.address = ""
        self._addresses = addresses
        self._delays = delays
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.address = f"{LOOPBACK}:{transport.get_extra_info('sockname')[1]}"

    def datagram_received(self, data: bytes, addr: Any) -> None:
        request = DNSRecord.parse(data)
        name = str(request.q.qname).rstrip(".")
        self.asked.append(name)
        delay = next((delay for ending, delay in self._delays.items() if name.endswith(ending)), 0.0)
        if delay is not NEVER:
            asyncio.get_running_loop().call_later(delay, self._transport.sendto, self._answer(request, name), addr)

    def _answer(self, request: DNSRecord, name: str) -> bytes:
        answer = request.reply()
        address = self._addresses.get(name)
        if address is None:
            answer.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype == QTYPE.A:
            answer.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=SECONDS_TO_LIVE))
        packed: bytes = answer.pack()
        return packed


@asynccontextmanager
async def serving_names(
    addresses: Mapping[str, str], delays: Mapping[str, float | None] | None = None
) -> AsyncIterator[NameServer]:
    """On a free port of this machine."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: NameServer(addresses, delays or {}), local_addr=(LOOPBACK, 0)
    )
    try:
        yield server
    finally:
        transport.close()
