"""Fixtures for every test of the project: `pytest_plugins = ["clearway_testing.plugin"]`."""

import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import structlog

from clearway_platform.log import open_broker
from clearway_platform.log.base import Broker
from clearway_testing.engine import Engine, running_engine
from clearway_testing.manual_clock import ManualClock
from clearway_testing.server import DatabaseServer, Server, Unavailable
from clearway_testing.sources import running_kafka, running_postgres
from clearway_testing.templates import Templates


def pytest_configure() -> None:
    """A traceback in the output of a test is plain, as in the logs of a process: with the values of all variables,
    structlog's own way, printing it takes minutes."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end, and each collection of garbage would look through them: a tenth of the time
    of a session. The program does the same with what its start has made."""
    gc.collect()
    gc.freeze()


@contextmanager
def skipped_when_unavailable() -> Iterator[None]:
    """Skip the test with the reason; with CI set a part that is missing is a failure."""
    try:
        yield
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have every part: {error}", pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[Server]:
    """The Kafka that all tests share: do not stop it."""
    with skipped_when_unavailable(), running_kafka() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[DatabaseServer]:
    """The PostgreSQL that all tests share: do not stop it."""
    with skipped_when_unavailable(), running_postgres() as server:
        yield server


@pytest.fixture
def own_kafka_server() -> Iterator[Server]:
    """A Kafka of this test alone, to be stopped and killed."""
    with skipped_when_unavailable(), running_kafka(own=True) as server:
        yield server


@pytest.fixture
def own_postgres_server() -> Iterator[DatabaseServer]:
    """A PostgreSQL of this test alone, to be stopped and killed."""
    with skipped_when_unavailable(), running_postgres(own=True) as server:
        yield server


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine with Compose, for the tests of the images and of the compose file."""
    with skipped_when_unavailable(), running_engine() as started:
        yield started


@pytest.fixture
def kafka_url(kafka_server: Server) -> str:
    return kafka_server.url


@pytest.fixture
def scripts_run() -> Path | None:
    """The migrations that have run in a fresh database. None: it is empty. The tests of a folder say which."""
    return None


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def postgres_templates(templates: Templates, postgres_server: DatabaseServer) -> Iterator[Templates]:
    """The same, with what they have on the server dropped at the end: it may be somebody else's."""
    yield templates
    templates.drop_databases(postgres_server)


@pytest.fixture
def new_postgres_url(
    postgres_server: DatabaseServer, postgres_templates: Templates, scripts_run: Path | None
) -> Iterator[Callable[[], str]]:
    """Each call makes a fresh database, empty or with a service's tables."""
    names: list[str] = []

    def create() -> str:
        names.append(f"test_{uuid4().hex}")
        if scripts_run is None:
            return postgres_server.create_database(names[-1])
        return postgres_templates.copy_database(postgres_server, scripts_run, names[-1])

    yield create
    for name in names:
        postgres_server.drop_database(name)


@pytest.fixture
def postgres_url(new_postgres_url: Callable[[], str]) -> str:
    """A fresh database, empty or with a service's tables."""
    return new_postgres_url()


@pytest.fixture
def new_sqlite_url(tmp_path: Path, templates: Templates, scripts_run: Path | None) -> Callable[[], str]:
    """Each call names a fresh file, which is not there yet or has a service's tables."""

    def create() -> str:
        file = tmp_path / f"{uuid4().hex}.db"
        if scripts_run is not None:
            templates.copy_file(scripts_run, file)
        return f"sqlite:///{file}"

    return create


@pytest.fixture
def sqlite_url(new_sqlite_url: Callable[[], str]) -> str:
    """A fresh file."""
    return new_sqlite_url()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_database_url(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Each call gives a fresh database: the test runs once on SQLite and once on PostgreSQL."""
    factory: Callable[[], str] = request.getfixturevalue(f"new_{request.param}_url")
    return factory


@pytest.fixture
def database_url(new_database_url: Callable[[], str]) -> str:
    """A fresh database: the test runs once on SQLite and once on PostgreSQL."""
    return new_database_url()


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker_url(request: pytest.FixtureRequest) -> str | None:
    """What `open_broker` is given: the test runs once on the embedded log and once on Kafka."""
    url: str | None = request.getfixturevalue("kafka_url") if request.param == "kafka" else None
    return url


@pytest.fixture
async def new_broker(broker_url: str | None, tmp_path: Path) -> AsyncIterator[Callable[[], Awaitable[Broker]]]:
    """Each call opens and starts the same log; all are closed at the end. The embedded log opens once at a time."""
    async with AsyncExitStack() as opened:

        async def start() -> Broker:
            broker = open_broker(broker_url, tmp_path)
            opened.push_async_callback(broker.close)
            await broker.start()
            return broker

        yield start


@pytest.fixture
async def broker(new_broker: Callable[[], Awaitable[Broker]]) -> Broker:
    """A started broker: the test runs once on the embedded log and once on Kafka."""
    return await new_broker()


@pytest.fixture
def unique() -> Callable[[str], str]:
    """A name that no other test uses, for topics and groups on the shared Kafka."""
    suffix = uuid4().hex[:12]
    return lambda name: f"{name}-{suffix}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
