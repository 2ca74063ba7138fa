"""Checkpoints as objects of an S3-compatible store, best in a bucket whose objects cannot be overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from clearway_platform.checkpoints.places.place import PlaceError
from clearway_platform.checkpoints.statement import Signed

if TYPE_CHECKING:
    from obstore.store import S3Config

_SECONDS: Final = timedelta(seconds=20)


class S3Place:
    """`s3://bucket/prefix?endpoint=https://store.example.org&region=eu-central-1`. The credentials are those of the
    environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what the machine has."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.name: Final = f"s3://{parts.netloc}{parts.path}"
        config: S3Config = {}
        if "endpoint" in given:
            config["endpoint"] = given["endpoint"]
        if "region" in given:
            config["region"] = given["region"]
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,
            client_options={"timeout": _SECONDS, "allow_http": given.get("endpoint", "").startswith("http://")},
            retry_config={"max_retries": 2, "retry_timeout": _SECONDS},
        )

    async def write(self, checkpoints: Sequence[Signed]) -> None:
        try:
            for one in checkpoints:
                await obstore.put_async(self._store, _key(one.statement.sequence), one.line.encode())
        except (BaseError, OSError) as error:
            raise PlaceError(f"{self.name}: {type(error).__name__}") from error

    async def read(self) -> Sequence[str] | None:
        try:
            found = [meta["path"] async for batch in obstore.list(self._store) for meta in batch]
            return [await self._text(path) for path in sorted(found)]
        except (BaseError, OSError) as error:
            raise PlaceError(f"{self.name}: {type(error).__name__}") from error

    async def _text(self, path: str) -> str:
        content = await (await obstore.get_async(self._store, path)).bytes_async()
        return bytes(content).decode(errors="replace").strip()


def _key(sequence: int) -> str:
    """The names of the objects are in the order of the checkpoints."""
    return f"{sequence:012d}.json"
