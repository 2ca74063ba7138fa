"""The link between windows and a server, which a test cuts as links are cut in the field."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from clearway_testing.server import LOOPBACK

CHUNK: Final = 65_536


class Link:
    """A port of this machine that leads to a server as long as nothing happens to it.

    The browser's own way of being offline refuses new requests and leaves open streams alone, which no real cut does.
    """

    def __init__(self, target: str) -> None:
        address = urlsplit(target)
        self._target = (address.hostname, address.port)
        self._works = asyncio.Event()
        self._works.set()
        self._is_cut = False
        self._under_way: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[str]:
        """The address of the server over this link."""
        server = await asyncio.start_server(self._carry, LOOPBACK, 0)
        try:
            yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            self.cut()
            self._works.set()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def cut(self) -> None:
        """Every connection breaks, and no new one holds."""
        self._is_cut = True
        for carrying in self._under_way:
            carrying.cancel()

    def silence(self) -> None:
        """Connections seem to hold, and nothing arrives any more."""
        self._works.clear()

    def mend(self) -> None:
        """What was sent into the silence arrives now, where anyone still waits for it."""
        self._is_cut = False
        self._works.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying = asyncio.current_task()
        assert carrying is not None
        self._under_way.add(carrying)
        there: asyncio.StreamWriter | None = None
        try:
            if not self._is_cut:
                back, there = await asyncio.open_connection(*self._target)
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pump(reader, there))
                    both.create_task(self._pump(back, writer))
        except* (asyncio.CancelledError, OSError):
            pass
        finally:
            self._under_way.discard(carrying)
            writer.close()
            if there is not None:
                there.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(CHUNK):
            await self._works.wait()
            sink.write(chunk)
            await sink.drain()
        sink.close()
