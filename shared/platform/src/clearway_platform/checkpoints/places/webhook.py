"""Checkpoints sent to another system over HTTPS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx

from clearway_platform.checkpoints.places.place import PlaceError
from clearway_platform.checkpoints.statement import Signed

_SECONDS: Final = 10.0


class WebhookPlace:
    """Each checkpoint is one POST, and any 2xx takes it. It cannot be read back: the receiver keeps the bodies, and
    `clearway audit verify` is given a file of them. The address may be secret: its name is the host alone."""

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        self.name: Final = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    async def write(self, checkpoints: Sequence[Signed]) -> None:
        try:
            async with httpx.AsyncClient(timeout=_SECONDS) as client:
                for one in checkpoints:
                    headers = {"Content-Type": "application/json", "Idempotency-Key": one.statement.hash}
                    answer = await client.post(self._url, content=one.line.encode(), headers=headers)
                    if not answer.is_success:
                        raise PlaceError(f"{self.name}: answered {answer.status_code}")
        except (httpx.HTTPError, OSError) as error:
            raise PlaceError(f"{self.name}: {type(error).__name__}") from error

    async def read(self) -> Sequence[str] | None:
        return None
