"""Webhooks leave through the operator's proxy: it is told the address that was checked, and the receiver its name."""

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from yarl import URL

from clearway_alerts.channels.webhook.addresses import allowed_networks
from clearway_alerts.channels.webhook.egress import proxy_of
from clearway_alerts.channels.webhook.request import Answer, webhook_client
from clearway_platform.clock import SystemClock
from clearway_platform.settings import UnusableSetting

ALLOWED = allowed_networks(["127.0.0.0/8"])
NAME = "receiver.example"
PASSWORD = "pr0xy-pass"


@dataclass
class SmallProxy:
    """A real proxy of HTTP: CONNECT is a tunnel, and any other request is sent on. `refuses` are targets of CONNECT."""

    refuses: frozenset[str] = frozenset()
    heads: list[list[str]] = field(default_factory=list)
    port: int = 0

    @property
    def asked(self) -> list[str]:
        """The first line of each request."""
        return [head[0] for head in self.heads]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head.split("\r\n"))
            method, target, _ = head.split("\r\n")[0].split(" ")
            if target in self.refuses:
                writer.write(b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
            else:
                await self._carry(method, target, head, reader, writer)
        writer.close()

    async def _carry(
        self, method: str, target: str, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        authority = URL(f"//{target}") if method == "CONNECT" else URL(target)
        behind, ahead = await asyncio.open_connection(authority.host, authority.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            ahead.write(head.encode())
        await asyncio.gather(_copy(reader, ahead), _copy(behind, writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


@asynccontextmanager
async def proxying(*refuses: str) -> AsyncIterator[SmallProxy]:
    proxy = SmallProxy(frozenset(refuses))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()


@dataclass
class TlsReceiver:
    """A receiver with a certificate of NAME. It keeps the names that it was asked by, in TLS and in HTTP."""

    port: int
    in_tls: list[str | None]
    in_http: list[str]


@pytest.fixture
async def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TlsReceiver]:
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(certificate_of(NAME))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    found = TlsReceiver(0, [], [])
    context.sni_callback = lambda _socket, name, _context: found.in_tls.append(name)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            found.in_http += [line[6:] for line in head.split("\r\n") if line.startswith("Host: ")]
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    found.port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=str(certificate)))
    yield found
    server.close()


def certificate_of(name: str) -> bytes:
    """A certificate that vouches for itself, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)


class Names(AbstractResolver):
    """Stands for the DNS: every name is at these addresses."""

    addresses: tuple[str, ...] = ("127.0.0.1",)

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_UNSPEC) -> list[ResolveResult]:
        known = {"family": socket.AF_INET, "proto": 0, "flags": 0}
        return [ResolveResult(hostname=host, host=one, port=port, **known) for one in self.addresses]  # type: ignore[typeddict-item]

    async def close(self) -> None:
        return


async def post(url: str, proxy: str) -> Answer:
    async with webhook_client(ALLOWED, 5, SystemClock(), proxy=proxy_of(proxy)) as client:
        return await client.ask(url, b"{}", {})


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> type[Names]:
    class Those(Names):
        pass

    monkeypatch.setattr("clearway_alerts.channels.webhook.request.Names", lambda _servers: Those())
    return Those


async def test_the_proxy_is_told_the_address_and_the_receiver_its_name(
    receiver: TlsReceiver, names: type[Names]
) -> None:
    async with proxying() as proxy:
        answer = await post(f"https://{NAME}:{receiver.port}/hook", f"http://127.0.0.1:{proxy.port}")
    assert (answer.status, answer.error) == (204, None)
    assert proxy.asked == [f"CONNECT 127.0.0.1:{receiver.port} HTTP/1.1"]
    assert receiver.in_tls == [NAME]
    assert receiver.in_http == [f"{NAME}:{receiver.port}"]


async def test_the_receivers_certificate_is_of_its_name(receiver: TlsReceiver, names: type[Names]) -> None:
    async with proxying() as proxy:
        answer = await post(f"https://another.example:{receiver.port}/hook", f"http://127.0.0.1:{proxy.port}")
    assert answer.status is None
    assert "certificate" in str(answer.error).lower()
    assert receiver.in_http == []


async def test_no_address_that_is_not_public_is_asked_of_the_proxy(receiver: TlsReceiver, names: type[Names]) -> None:
    """Also when one of several is: the name may not lead there."""
    names.addresses = ("127.0.0.1", "10.0.0.1")
    async with proxying() as proxy:
        by_name = await post(f"https://{NAME}:{receiver.port}/hook", f"http://127.0.0.1:{proxy.port}")
        by_address = await post("https://10.0.0.1/hook", f"http://127.0.0.1:{proxy.port}")
    assert "not public (private)" in str(by_name.error)
    assert "not public (private)" in str(by_address.error)
    assert proxy.asked == []


async def test_an_address_that_the_proxy_refuses_gives_way_to_the_next(
    receiver: TlsReceiver, names: type[Names]
) -> None:
    names.addresses = ("127.0.0.2", "127.0.0.1")
    async with proxying(f"127.0.0.2:{receiver.port}") as proxy:
        answer = await post(f"https://{NAME}:{receiver.port}/hook", f"http://127.0.0.1:{proxy.port}")
    assert answer.status == 204
    assert len(proxy.asked) == 2


async def test_a_proxy_that_refuses_or_is_away_is_named_without_its_password(
    receiver: TlsReceiver, names: type[Names]
) -> None:
    url = f"https://{NAME}:{receiver.port}/hook"
    async with proxying(f"127.0.0.1:{receiver.port}") as proxy:
        refused = await post(url, f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}")
    assert refused.status is None, "the proxy's status is not the receiver's"
    assert refused.error == "ClientHttpProxyError: the proxy refused the connection with status 403"
    expected = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    assert any(expected in line for line in proxy.heads[0])
    away = await post(url, f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}")
    assert "ClientProxyConnectionError" in str(away.error)
    assert PASSWORD not in f"{refused}{away}"


async def test_plain_http_leaves_through_it_too(names: type[Names]) -> None:
    """To a subnet that a setting allows."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with proxying() as proxy:
        answer = await post(f"http://127.0.0.1:{port}/hook", f"http://127.0.0.1:{proxy.port}")
    server.close()
    assert answer.status == 204
    assert proxy.asked == [f"POST http://127.0.0.1:{port}/hook HTTP/1.1"]


async def test_no_variable_names_a_proxy(
    receiver: TlsReceiver, names: type[Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxying() as proxy:
        for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        async with webhook_client(ALLOWED, 5, SystemClock()) as client:
            answer = await client.ask(f"https://{NAME}:{receiver.port}/hook", b"{}", {})
    assert answer.status == 204
    assert proxy.asked == []


@pytest.mark.parametrize("text", ["proxy:3128", "socks5://proxy:1080", "http://", f"http://u:{PASSWORD}@p/path"])
def test_a_proxy_that_cannot_be_one_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UnusableSetting, match="CLEARWAY_WEBHOOK_PROXY cannot be used") as refusal:
        proxy_of(text)
    assert PASSWORD not in str(refusal.value)
