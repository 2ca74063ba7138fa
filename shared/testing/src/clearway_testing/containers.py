"""Kafka and PostgreSQL in containers, for a machine that has a Docker engine."""

import os
import socket
import struct
from abc import ABC, abstractmethod
from contextlib import closing
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import docker
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from clearway_testing.kafka import VERSION as KAFKA_VERSION
from clearway_testing.postgres import answers, create_database, drop_database
from clearway_testing.server import accepts_connections, await_ready, free_port

DOCKER_SOCKET: Final = "unix:///var/run/docker.sock"
KAFKA_IMAGE: Final = f"apache/kafka:{KAFKA_VERSION}"
POSTGRES_IMAGE: Final = "postgres:18"

KAFKA_ENVIRONMENT: Final = {
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_NODE_ID": "1",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "2000",
    "KAFKA_BROKER_SESSION_TIMEOUT_MS": "2000",
    "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "500",
}


@cache
def has_docker_engine() -> bool:
    """Whether a Docker engine answers here; the client alone is not enough."""
    if not _listens(os.environ.get("DOCKER_HOST", DOCKER_SOCKET)):
        return False
    try:
        client = docker.from_env()
    except DockerException:
        return False
    client.close()
    return True


def _listens(address: str) -> bool:
    """Checked before a client is created: a client whose engine does not answer leaks its socket."""
    parts = urlsplit(address)
    if parts.hostname is not None:
        return accepts_connections(parts.port or 2375, parts.hostname)
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        return probe.connect_ex(parts.path) == 0


class _Contained(ABC):
    """A container on a fixed port of this machine, so that it has the same address after a restart."""

    def __init__(self, image: str, inner_port: int, environment: dict[str, str]) -> None:
        self._port = free_port()
        self._container = DockerContainer(image).with_envs(**environment).with_bind_ports(inner_port, self._port)
        self._created = False

    def start(self) -> None:
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True
        await_ready(self._answers, seconds=120, every=0.1)

    @abstractmethod
    def _answers(self) -> bool:
        """Whether the server itself answers: before it does, the engine accepts connections to its port."""

    def stop(self) -> None:
        if self._created:
            self._container.stop()
            self._created = False

    def kill(self) -> None:
        self._container.get_wrapped_container().kill("SIGKILL")

    def restart(self) -> None:
        self._container.get_wrapped_container().stop(timeout=20)
        self.start()


class KafkaContainer(_Contained):
    def __init__(self) -> None:
        super().__init__(KAFKA_IMAGE, 9092, KAFKA_ENVIRONMENT)
        self._container.with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://127.0.0.1:{self._port}")

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self._port}"

    def _answers(self) -> bool:
        """Whether Kafka lists its protocol versions (the request ApiVersions, version 0, no client id)."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
                connection.sendall(struct.pack(">ihhih", 10, 18, 0, 0, -1))
                return len(connection.recv(4)) == 4
        except OSError:
            return False


class PostgresContainer(_Contained):
    def __init__(self) -> None:
        super().__init__(POSTGRES_IMAGE, 5432, {"POSTGRES_HOST_AUTH_METHOD": "trust"})

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def _answers(self) -> bool:
        return answers(self.url)

    def create_database(self, name: str, template: str | None = None) -> str:
        return create_database(self.url, name, template)

    def drop_database(self, name: str) -> None:
        drop_database(self.url, name)
