"""Asks a scanner for viruses, where the operator has one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from clearway_incidents.domain.errors import PhotoInfected, PhotosUnavailable
from clearway_platform.heavy import HeavyWork
from clearway_platform.outages import OUTAGES

if TYPE_CHECKING:
    import httpx

SCANNER: Final = "scanner"
_CLEAN: Final = 200
_FOUND: Final = 406
_AWAY: Final = "The scanner for viruses does not answer, and no photo is kept that it has not seen"

log = structlog.get_logger(__name__)


class Scanner:
    """The bytes are posted to one address, that of the settings: 200 is clean, 406 is found. Any other answer, and
    none in time, is no answer: the photo is refused then."""

    def __init__(self, address: str, seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._making = HeavyWork("scanner")
        self._client: httpx.AsyncClient | None = None

    async def scan(self, sent: bytes) -> None:
        """Raises PhotoInfected, PhotosUnavailable."""
        import httpx  # noqa: PLC0415 - loaded where a scanner is named (ADR 0013)

        if self._client is None:
            # In a thread: it reads the authorities of the machine. No proxy, and no redirect: one address is asked.
            self._client = await self._making.run(
                httpx.AsyncClient, trust_env=False, follow_redirects=False, timeout=self._seconds
            )
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(
                    "POST", self._address, content=sent, headers={"Content-Type": "application/octet-stream"}
                ) as answer,
            ):
                status = answer.status_code
        except (TimeoutError, httpx.HTTPError) as error:
            _note(type(error).__name__)
            raise PhotosUnavailable(_AWAY) from None
        if status == _FOUND:
            raise PhotoInfected
        if status != _CLEAN:
            _note(f"answered {status}")
            raise PhotosUnavailable(_AWAY)


def _note(error: str) -> None:
    """Once a minute. The address may hold a password: it is not logged."""
    if OUTAGES.failed_alone(SCANNER):
        log.warning("scanner_failed", error=error)
