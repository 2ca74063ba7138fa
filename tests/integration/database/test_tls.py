"""PostgreSQL over TLS: the server proves its name, by the parameters of libpq in the address or in the environment."""

import asyncio
import shutil
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import make_url, text

from clearway_platform.backup.postgres import connect
from clearway_platform.backup.source import BackupError
from clearway_platform.database.engines import Database
from clearway_testing.server import LOOPBACK

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[3]
# With it a client asks for TLS, before it says anything else.
TLS_REQUEST = struct.pack(">ii", 8, 80877103)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificates that `deploy/secrets.sh` makes: for `postgres` and `localhost`."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "deploy").mkdir()
    shutil.copy2(ROOT / "deploy/secrets.sh", folder / "deploy")
    subprocess.run(["deploy/secrets.sh"], cwd=folder, check=True, timeout=60)
    return folder / "deploy/secrets"


class Front:
    """TLS in front of a server that was built without it: it takes the request for TLS, and passes on what comes."""

    def __init__(self, address: str, context: ssl.SSLContext) -> None:
        self._behind = urlsplit(address)
        self._context = context
        self.secured = self.clear = self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readexactly(len(TLS_REQUEST))
        behind, to_behind = await asyncio.open_connection(self._behind.hostname, self._behind.port)
        try:
            if asked == TLS_REQUEST:
                writer.write(b"S")
                await writer.start_tls(self._context)
                self.secured += 1
            else:
                to_behind.write(asked)
                self.clear += 1
            await asyncio.gather(passed_on(reader, to_behind), passed_on(behind, writer))
        finally:
            to_behind.close()
            writer.close()

    def url(self, host: str, **parameters: object) -> str:
        return f"postgresql://postgres@{host}:{self.port}{self._behind.path}?{urlencode(parameters)}"


async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
        writer.close()


@pytest.fixture
async def front(postgres_url: str, secrets: Path) -> AsyncIterator[Front]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(secrets / "postgres.pem")
    made = Front(postgres_url, context)
    server = await asyncio.start_server(made, LOOPBACK)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def ask(url: str) -> None:
    database = Database(url)
    try:
        async with database.of_every_mission("it asks for nothing").read() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
    finally:
        await database.close()


async def test_an_address_asks_for_a_server_that_proves_its_name(front: Front, secrets: Path) -> None:
    asked = {"sslmode": "verify-full", "sslrootcert": secrets / "ca.crt"}
    await ask(front.url("localhost", **asked))
    assert (front.secured, front.clear) == (1, 0)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        await ask(front.url(LOOPBACK, **asked))
    await ask(front.url(LOOPBACK, sslmode="disable"))
    assert front.clear == 1


async def test_a_server_of_another_authority_is_refused(front: Front, tmp_path: Path) -> None:
    other = tmp_path / "ca.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-keyout", "/dev/null"]
    make = partial(subprocess.run, [*command, "-out", str(other)], check=True, capture_output=True, timeout=60)
    await asyncio.to_thread(make)
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        await ask(front.url("localhost", sslmode="verify-full", sslrootcert=other))


async def test_the_environment_asks_where_the_address_does_not(
    front: Front, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the manifests of Kubernetes have it."""
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(secrets / "ca.crt"))
    await ask(front.url("localhost"))
    with pytest.raises(ssl.SSLCertVerificationError):
        await ask(front.url(LOOPBACK))
    assert front.clear == 0


async def test_a_backup_asks_the_same(front: Front, secrets: Path) -> None:
    asked = {"sslmode": "verify-full", "sslrootcert": secrets / "ca.crt"}
    connection = await connect("alerts", make_url(front.url("localhost", **asked)))
    await connection.close()
    assert (front.secured, front.clear) == (1, 0)
    with pytest.raises(BackupError, match="mismatch"):
        await connect("alerts", make_url(front.url(LOOPBACK, **asked)))
