"""The public keys of an issuer: read beside the requests, kept, and read again when it signs with another one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from prometheus_client import Counter

from clearway_platform.auth.principals import IssuerAway, NotAuthentic

# The keys are read again after this time; while the issuer is away, those that are known are used for the longer one.
FRESH_SECONDS: Final = 600.0
KEPT_SECONDS: Final = 24 * 3600.0
# A token that names an unknown key asks the issuer, and no more often than this.
BETWEEN_READS_SECONDS: Final = 10.0
_TIMEOUT: Final = httpx.Timeout(5.0)
_MOST_BYTES: Final = 1_048_576

READS = Counter("clearway_oidc_key_reads", "Reads of the issuer's public keys, by result", ["result"])
log = structlog.get_logger(__name__)


class IssuerKeys:
    """The keys that an issuer publishes. Only a request whose token names a key that is not known waits for the issuer;
    one read is for all that wait."""

    def __init__(self, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._tried_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    async def with_key(self, kid: str | None) -> KeySet:
        """The keys, among which is this one. Raises IssuerAway without keys, NotAuthentic when there is no such key."""
        if self._keys is None or not self._is_kept() or not _has(self._keys, kid):
            await self._read_now()
        elif self._clock() - self._read_at >= FRESH_SECONDS:
            self._read_soon()
        if self._keys is None or not self._is_kept():
            raise IssuerAway
        if not _has(self._keys, kid):
            raise NotAuthentic("This token is signed with a key that its issuer does not publish. Sign in again.")
        return self._keys

    def _is_kept(self) -> bool:
        return self._clock() - self._read_at < KEPT_SECONDS

    async def _read_now(self) -> None:
        """Wait for a read. It is not tried again soon after one, whether that failed or not."""
        if self._reading is None and self._was_just_tried():
            return
        self._read_soon()
        if self._reading is not None:
            await asyncio.shield(self._reading)

    def _was_just_tried(self) -> bool:
        return self._tried_at is not None and self._clock() - self._tried_at < BETWEEN_READS_SECONDS

    def _read_soon(self) -> None:
        if self._reading is None and not self._was_just_tried():
            self._tried_at = self._clock()
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._is_read)

    def _is_read(self, _task: asyncio.Task[None]) -> None:
        self._reading = None

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(2 * (_TIMEOUT.read or 0)), httpx.AsyncClient(timeout=_TIMEOUT) as client:
                described = await _json(client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                if described.get("issuer") != self._issuer:
                    raise ValueError(f"it says that it is {described.get('issuer')!r}")
                address = described.get("jwks_uri")
                if not isinstance(address, str) or urlsplit(address).scheme != urlsplit(self._issuer).scheme:
                    raise ValueError("its jwks_uri is no address of its scheme")
                keys = KeySet.import_key_set(await _json(client, address))  # type: ignore[arg-type]
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, TypeError, KeyError, JoseError) as error:
            READS.labels("failed").inc()
            log.warning("oidc_keys_not_read", issuer=self._issuer, error=str(error) or type(error).__name__)
            return
        READS.labels("read").inc()
        self._keys, self._read_at = keys, self._clock()


def _has(keys: KeySet, kid: str | None) -> bool:
    return len(keys.keys) == 1 if kid is None else any(key.kid == kid for key in keys)


async def _json(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """Raises ValueError for an answer that is no object, or is too large."""
    content = bytearray()
    async with client.stream("GET", address, headers={"Accept": "application/json"}) as answer:
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            content += part
            if len(content) > _MOST_BYTES:
                raise ValueError("its answer is too large")
    found = httpx.Response(200, content=bytes(content)).json()
    if not isinstance(found, dict):
        raise ValueError("its answer is no object")
    return found
