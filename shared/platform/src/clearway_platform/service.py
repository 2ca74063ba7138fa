"""What a service is to the runtime: a value, found through the entry points of group `clearway.services`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from sqlalchemy import MetaData

from clearway_platform.auth.principals import KeyDirectory
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.log.base import Broker
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.settings import Settings

_GROUP: Final = "clearway.services"

Worker = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Platform:
    """What the runtime gives to a service: its own database and log ends, and what all services share."""

    settings: Settings
    clock: Clock
    keys: KeyDirectory
    broker: Broker
    database: Database
    outbox: Outbox
    feed: Feed
    dead_letters: DeadLetters


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service gives back: its application, and the work it does beside requests, by name.

    A worker runs until it is cancelled; one that ends or raises is started again, and the process is unready
    meanwhile. `on_shutdown` ends what would keep connections open, such as streams.
    """

    app: FastAPI
    workers: Mapping[str, Worker] = field(default_factory=dict)
    on_shutdown: tuple[Callable[[], None], ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A service: the first path segments under /v1 that are its own, its tables, and how it is built."""

    name: str
    prefixes: tuple[str, ...]
    metadata: Sequence[MetaData]
    migrations: Path
    build: Callable[[Platform], Parts]


def service_names() -> tuple[str, ...]:
    """The names of the services that are installed here. Loads none."""
    return tuple(sorted(entry_points(group=_GROUP).names))


def load_service(name: str) -> Service:
    """One installed service. Raises KeyError when there is none of that name."""
    service: Service = entry_points(group=_GROUP)[name].load()
    return service


def installed_services() -> dict[str, Service]:
    """The services that are installed here, by name."""
    return {entry.name: entry.load() for entry in sorted(entry_points(group=_GROUP))}
