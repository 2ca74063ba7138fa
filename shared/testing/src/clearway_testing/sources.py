"""Where a real part comes from: an address in the environment, else a Docker engine, else this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from clearway_testing.containers import KafkaContainer, PostgresContainer, has_docker_engine
from clearway_testing.kafka import KafkaServer, fetch_libraries
from clearway_testing.kafka_secured import SecuredKafka
from clearway_testing.postgres import PostgresServer, create_database, drop_database
from clearway_testing.server import DatabaseServer, External, Server

KAFKA_ADDRESS: Final = "CLEARWAY_TEST_KAFKA"
POSTGRES_ADDRESS: Final = "CLEARWAY_TEST_POSTGRES"


class ExternalPostgres(External):
    def create_database(self, name: str, template: str | None = None) -> str:
        return create_database(self.url, name, template)

    def drop_database(self, name: str) -> None:
        drop_database(self.url, name)


@contextmanager
def running_kafka(*, own: bool = False) -> Iterator[Server]:
    """A started Kafka, stopped at the end. `own`: one that the caller may kill. Raises Unavailable."""
    address = os.environ.get(KAFKA_ADDRESS)
    with TemporaryDirectory(prefix="clearway-kafka-", ignore_cleanup_errors=True) as directory:
        if address and not own:
            yield External(address)
            return
        with _running(_kafka(Path(directory))) as server:
            yield server


@contextmanager
def running_secured_kafka() -> Iterator[SecuredKafka]:
    """A started Kafka of this machine with authentication, stopped at the end. Raises Unavailable."""
    fetch_libraries()
    with TemporaryDirectory(prefix="clearway-kafka-", ignore_cleanup_errors=True) as directory:
        server = SecuredKafka(Path(directory))
        with _running(server):
            yield server


@contextmanager
def running_postgres(*, own: bool = False) -> Iterator[DatabaseServer]:
    """A started PostgreSQL, stopped at the end. `own`: one that the caller may kill. Raises Unavailable."""
    address = os.environ.get(POSTGRES_ADDRESS)
    with TemporaryDirectory(prefix="clearway-postgres-", ignore_cleanup_errors=True) as directory:
        if address and not own:
            yield ExternalPostgres(address)
            return
        with _running_database(_postgres(Path(directory))) as server:
            yield server


def _kafka(directory: Path) -> Server:
    if has_docker_engine():
        return KafkaContainer()
    fetch_libraries()
    return KafkaServer(directory)


def _postgres(directory: Path) -> DatabaseServer:
    return PostgresContainer() if has_docker_engine() else PostgresServer(directory)


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def _running_database(server: DatabaseServer) -> Iterator[DatabaseServer]:
    with _running(server):
        yield server
