"""Clearway as people run it: one process on the embedded default, or one a service on Kafka and PostgreSQL."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.processes import CLEARWAY, Replica, answers, run, running
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.settings import database_variable
from clearway_testing.platforms import stored_services
from clearway_testing.server import LOOPBACK, DatabaseServer, Server, free_port
from clearway_testing.stack import environment as stack_environment

# Webhooks may not reach this machine unless the operator says so; the receiver is here.
RECEIVERS: Final = {"CLEARWAY_WEBHOOK_ALLOWED_SUBNETS": f'["{LOOPBACK}/32"]'}
# A benchmark sends more than any mission: how fast the platform is, not when it refuses. Counting stays part of it.
_MORE_THAN_IS_SENT: Final = str(10**9)
SHARES: Final = dict.fromkeys(
    (
        "CLEARWAY_KEY_REQUESTS_PER_MINUTE",
        "CLEARWAY_MISSION_REQUESTS_PER_MINUTE",
        "CLEARWAY_KEY_WRITES_PER_MINUTE",
        "CLEARWAY_MISSION_WRITES_PER_MINUTE",
        "CLEARWAY_KEY_STREAMS",
        "CLEARWAY_MISSION_STREAMS",
        "CLEARWAY_KEY_SUBSCRIPTIONS",
        "CLEARWAY_MISSION_SUBSCRIPTIONS",
        "CLEARWAY_HOST_ATTEMPTS_PER_MINUTE",
    ),
    _MORE_THAN_IS_SENT,
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A running Clearway: where each service answers, and where its keys and its log are."""

    engine: str
    addresses: Mapping[str, str]
    keys_url: str
    broker_url: str | None
    data: Path
    processes: ExitStack
    settings: Mapping[str, str] = field(default_factory=dict)
    replicas: Mapping[str, Replica] = field(default_factory=dict)

    async def create_key(self, mission: str, role: Role = Role.ADMIN) -> str:
        """The token of a new key of a mission."""
        database = Database(self.keys_url, pool_size=1)
        try:
            keys = SqlKeyDirectory(database, SystemClock())
            return (await keys.create(mission, role, "benchmark")).token
        finally:
            await database.close()

    @contextmanager
    def another(self, service: str, port: int) -> Iterator[Replica]:
        """One more process of a service, on the same broker and databases."""
        replica = _replica(service, port, self.data, self.settings)
        replica.start()
        try:
            yield replica
        finally:
            replica.stop()

    def stop(self) -> None:
        """End the processes. The log stays and can be read, which on the embedded default only one process may do."""
        self.processes.close()


@contextmanager
def embedded(directory: Path, databases: Mapping[str, str] | None = None) -> Iterator[Platform]:
    """`clearway up` with nothing configured but where the files go. `databases`: by owner, in place of SQLite's."""
    port, data = free_port(), directory / "data"
    command = [CLEARWAY, "up", "--port", str(port), "--data", str(data)]
    urls = {"keys": f"sqlite:///{data / 'keys.db'}", **(databases or {})}
    settings = {database_variable(name): url for name, url in urls.items()} if databases else {}
    with ExitStack() as processes:
        processes.enter_context(
            running(
                command,
                answers(f"http://{LOOPBACK}:{port}/readyz"),
                directory / "up.log",
                {**settings, **RECEIVERS, **SHARES},
            )
        )
        addresses = dict.fromkeys(stored_services(), f"http://{LOOPBACK}:{port}")
        yield Platform("embedded", addresses, urls["keys"], None, data, processes)


@contextmanager
def kafka_and_postgres(directory: Path, kafka: Server, postgres: DatabaseServer) -> Iterator[Platform]:
    """`clearway run` for each service that has a database, each with its own."""
    settings = {**stack_environment(kafka, postgres), **RECEIVERS, **SHARES}
    run([CLEARWAY, "migrate"], settings)
    run([CLEARWAY, "topics", "create"], settings)
    addresses, replicas = {}, {}
    with ExitStack() as processes:
        for service in stored_services():
            port = free_port()
            replicas[service] = _replica(service, port, directory, settings)
            processes.callback(replicas[service].stop)
            replicas[service].start()
            addresses[service] = f"http://{LOOPBACK}:{port}"
        keys_url = settings["CLEARWAY_KEYS_DATABASE_URL"]
        yield Platform("kafka", addresses, keys_url, kafka.url, directory, processes, settings, replicas)


def _replica(service: str, port: int, directory: Path, settings: Mapping[str, str]) -> Replica:
    command = [CLEARWAY, "run", service, "--port", str(port)]
    ready = answers(f"http://{LOOPBACK}:{port}/readyz")
    return Replica(command, ready, directory / f"{service}-{port}.log", settings)
