"""One signed POST to a receiver that may be slow, broken or hostile."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from yarl import URL

from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.channels.webhook.addresses import (
    FilteringResolver,
    ForbiddenAddress,
    ForbiddenUrl,
    Network,
    check_url,
)
from clearway_alerts.channels.webhook.egress import Egress, Way
from clearway_alerts.channels.webhook.names import NameNotResolved, Names
from clearway_platform.clock import Clock

_MAX_ANSWER_BYTES: Final = 65_536
# The status has said what became of the message: a receiver that is slow with the rest loses its connection.
_REST_SECONDS: Final = 2.0
_HEADERS: Final = {"content-type": "application/json", "user-agent": "Clearway-Webhooks/1"}
_GONE: Final = 410
_REASONS: Final[Mapping[type[Exception], str]] = {
    aiohttp.ServerDisconnectedError: "the receiver closed the connection without an answer",
    aiohttp.ClientResponseError: "the answer is not valid HTTP",
    aiohttp.ClientPayloadError: "the answer was cut off",
    aiohttp.InvalidURL: "the address cannot be used",
    UnicodeError: "the address cannot be used",
    ValueError: "the address cannot be used",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`error` is why the message counts as not taken; `body` is as much of the answer as was read."""

    status: int | None
    error: str | None
    wait: timedelta | None = None
    body: bytes = b""


class WebhookClient:
    """Posts messages: no proxy but the operator's, no cookies, no redirect followed, a bounded time and answer."""

    def __init__(
        self, session: aiohttp.ClientSession, egress: Egress, allowed: tuple[Network, ...], clock: Clock
    ) -> None:
        self._clock = clock
        self._session = session
        self._egress = egress
        self._allowed = allowed

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> AttemptResult:
        """The answer, or why there was none. Never raises for what a receiver does."""
        begun = time.perf_counter()
        answer = await self._attempt(url, body, headers, rest_seconds=_REST_SECONDS)
        took = (time.perf_counter() - begun) * 1000
        return AttemptResult(_kind(answer.status, answer.error), answer.status, answer.error, took, answer.wait)

    async def ask(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The same, for what was answered. Never raises for what a receiver does."""
        return await self._attempt(url, body, headers)

    async def _attempt(
        self, url: str, body: bytes, headers: Mapping[str, str], *, rest_seconds: float | None = None
    ) -> Answer:
        try:
            check_url(url, self._allowed)
            # Each request has this limit too; here it is that of looking up the name and trying every way. It ends with
            # the status: a message that was taken is never sent again because the rest of the answer is slow.
            async with asyncio.timeout(self._session.timeout.total):
                ways = await self._egress.ways(url)
                response = await self._by_one_of(ways, body, {**_HEADERS, **headers})
            async with response:
                answered = await _drain(response, rest_seconds)
                return Answer(response.status, _problem(response.status), self._wait(response), answered)
        except TimeoutError:
            return Answer(None, "no answer in time")
        except (aiohttp.ClientError, ForbiddenUrl, OSError, ValueError) as error:
            return Answer(None, reason_of(error))

    async def _by_one_of(self, ways: Sequence[Way], body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """The answer by the first way that the proxy lets through: where it refuses, nothing was sent."""
        for way in ways[:-1]:
            with suppress(aiohttp.ClientHttpProxyError):
                return await self._by(way, body, headers)
        return await self._by(ways[-1], body, headers)

    async def _by(self, way: Way, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        given = {**headers, **way.headers}
        return await self._session.post(way.url, data=body, headers=given, allow_redirects=False, **way.options)

    def _wait(self, response: aiohttp.ClientResponse) -> timedelta | None:
        return retry_after(response.headers.get("Retry-After"), self._clock.now())


@asynccontextmanager
async def webhook_client(
    allowed: tuple[Network, ...],
    timeout_seconds: float,
    clock: Clock,
    name_servers: Sequence[str] = (),
    proxy: URL | None = None,
) -> AsyncIterator[WebhookClient]:
    """A client with its own connections, which end with the block. How many there are at a time is up to the caller.

    Through a proxy it dials the proxy alone, which may be at an address that no webhook may reach.
    """
    filtering = FilteringResolver(Names(name_servers), allowed)
    resolver = filtering if proxy is None else aiohttp.ThreadedResolver()
    connector = aiohttp.TCPConnector(resolver=resolver, limit=0, family=socket.AF_UNSPEC)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout_seconds),
        trust_env=False,
        auto_decompress=False,
    ) as session:
        try:
            yield WebhookClient(session, Egress(filtering, proxy), allowed, clock)
        finally:
            await filtering.close()


async def _drain(response: aiohttp.ClientResponse, seconds: float | None) -> bytes:
    """What was read of the answer, so that the connection can be used again; it is dropped when there is too much, or
    when it takes too long.

    The status has said already whether the message was taken: what happens to the rest changes nothing there.
    """
    read = bytearray()
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        async with asyncio.timeout(seconds):
            while chunk := await response.content.read(_MAX_ANSWER_BYTES):
                read += chunk
                if len(read) >= _MAX_ANSWER_BYTES:
                    break
            else:
                return bytes(read)
    response.close()
    return bytes(read)


def _kind(status: int | None, error: str | None) -> AttemptKind:
    if error is None:
        return AttemptKind.DELIVERED
    return AttemptKind.GONE if status == _GONE else AttemptKind.TRY_AGAIN


def _problem(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"status {status}: redirects are not followed"
    return f"status {status}"


def reason_of(error: Exception) -> str:
    """The class of the error, and a short reason where one is known that cannot repeat the address: its path may be
    the receiver's secret, and others of the mission read the reason."""
    found = _reason(error)
    return f"{type(error).__name__}: {found}" if found else type(error).__name__


def _reason(error: Exception) -> str | None:
    match error:
        case ForbiddenUrl() | ForbiddenAddress() | NameNotResolved():
            return str(error)  # our own words
        case aiohttp.ClientHttpProxyError():
            return f"the proxy refused the connection with status {error.status}"
        case aiohttp.ClientConnectorDNSError():
            is_ours = isinstance(error.os_error, ForbiddenAddress | NameNotResolved)
            return str(error.os_error) if is_ours else "the name of the host was not found"
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as refused):
            return refused.verify_message
        case aiohttp.ClientConnectorSSLError(os_error=ssl.SSLError(reason=str(reason))):
            return reason.replace("_", " ").lower()
        case _ if type(error) in _REASONS:
            return _REASONS[type(error)]
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number)
        case _:
            return None


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date; nonsense counts as absent."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 86_400))
    try:
        wait = parsedate_to_datetime(value).astimezone(UTC) - now
    except (ValueError, OverflowError):
        return None
    return wait if wait > timedelta(0) else None
