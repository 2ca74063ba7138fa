"""Photos as objects of an S3-compatible store."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from clearway_incidents.photos.stores.store import StoreError

if TYPE_CHECKING:
    from obstore.store import S3Config

_SECONDS: Final = timedelta(seconds=20)


class BucketStore:
    """`s3://bucket/prefix?endpoint=https://store.example.org&region=eu-central-1`. An object is durable when the store
    has answered."""

    def __init__(self, url: str, key_id: str | None, key: str | None) -> None:
        """`key_id` and `key`: None for those that the machine has."""
        parts = urlsplit(url)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        config: S3Config = {}
        if "endpoint" in given:
            config["endpoint"] = given["endpoint"]
        if "region" in given:
            config["region"] = given["region"]
        if key_id is not None and key is not None:
            config["access_key_id"] = key_id
            config["secret_access_key"] = key
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,
            client_options={"timeout": _SECONDS, "allow_http": given.get("endpoint", "").startswith("http://")},
            retry_config={"max_retries": 2, "retry_timeout": _SECONDS},
        )

    async def put(self, address: str, content: bytes) -> None:
        try:
            await obstore.put_async(self._store, address, content, use_multipart=False)
        except (BaseError, OSError) as error:
            raise StoreError(type(error).__name__) from error

    async def get(self, address: str) -> bytes | None:
        try:
            found = await obstore.get_async(self._store, address)
            return bytes(await found.bytes_async())
        except (FileNotFoundError, NotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise StoreError(type(error).__name__) from error

    async def delete(self, address: str) -> None:
        try:
            await obstore.delete_async(self._store, address)
        except (FileNotFoundError, NotFoundError):
            return
        except (BaseError, OSError) as error:
            raise StoreError(type(error).__name__) from error
