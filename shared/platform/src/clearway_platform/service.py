"""A service as a value, which the runtime finds through the entry points of group `clearway.services`."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, TypeVar

from fastapi import FastAPI
from sqlalchemy import MetaData

from clearway_platform.audit.links import ChainSource
from clearway_platform.auth.permissions import PLATFORM
from clearway_platform.auth.principals import KeyDirectory, People, Permission
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.limiting.shares import Shares
from clearway_platform.limiting.stored import StoredBytes
from clearway_platform.log.base import Broker
from clearway_platform.messaging.dead_letters import DeadLetters
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.precedence import Precedence
from clearway_platform.messaging.progress import Progress
from clearway_platform.settings import ServiceSettings, Settings

_GROUP: Final = "clearway.services"

Worker = Callable[[], Awaitable[None]]
Own = TypeVar("Own", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Plumbing:
    """The parts of a service with a database: the database, and the outbox, feed, dead letters and sums in it."""

    database: Database
    outbox: Outbox
    feed: Feed
    dead_letters: DeadLetters
    stored: StoredBytes


@dataclass(frozen=True, slots=True)
class Platform:
    """The runtime's parts for a service: those that all services share, its own settings, and its database.

    `people`: those who sign in elsewhere, and come with a token of their issuer; None where keys alone are accepted.
    `workers`: those of the service that this process runs, each with why it does not run now; None while it does.
    `audit`: the database that holds the audit, that of the keys.
    """

    settings: Settings
    clock: Clock
    keys: KeyDirectory
    broker: Broker
    plumbing: Plumbing | None
    shares: Shares
    own: ServiceSettings | None = None
    permissions: Sequence[Permission] = PLATFORM
    precedence: Precedence = field(default_factory=Precedence)
    progress: Progress = field(default_factory=Progress)
    workers: dict[str, str | None] = field(default_factory=dict)
    people: People | None = None
    keys_database: Database | None = None

    @property
    def audit(self) -> Database:
        if self.keys_database is None:
            raise LookupError("This platform was built without the database of the keys.")
        return self.keys_database

    @property
    def database(self) -> Database:
        return self._stored.database

    @property
    def outbox(self) -> Outbox:
        return self._stored.outbox

    @property
    def feed(self) -> Feed:
        return self._stored.feed

    @property
    def dead_letters(self) -> DeadLetters:
        return self._stored.dead_letters

    @property
    def stored(self) -> StoredBytes:
        return self._stored.stored

    @property
    def _stored(self) -> Plumbing:
        if self.plumbing is None:
            raise LookupError("This service has no database: give its Service a Storage.")
        return self.plumbing

    def settings_of(self, kind: type[Own]) -> Own:
        """The service's own settings. Raises TypeError when its Service names another class."""
        if not isinstance(self.own, kind):
            raise TypeError(f"The service has no {kind.__name__}: name the class as `settings` of its Service.")
        return self.own


@dataclass(frozen=True, slots=True)
class LargeBody:
    """An operation that takes a body of up to `most` bytes, more than the others do, such as a file; None where it
    reads it line by line, and bounds the lines. `path` is that of its route."""

    method: str
    path: str
    most: int | None


@dataclass(frozen=True, slots=True)
class Parts:
    """A built service: its application, and its workers by name.

    A worker runs until it is cancelled; one that ends or raises is started again, and until then the process is not
    ready. `audit_workers`: those of the audit, which are started again as well, and without which the process is ready
    all the same. `on_shutdown`: functions that end open connections, such as streams. `large_bodies`: the operations
    whose bodies may be larger than those of all others.
    """

    app: FastAPI
    workers: Mapping[str, Worker] = field(default_factory=dict)
    audit_workers: Mapping[str, Worker] = field(default_factory=dict)
    on_shutdown: tuple[Callable[[], None], ...] = ()
    large_bodies: tuple[LargeBody, ...] = ()


@dataclass(frozen=True, slots=True)
class Storage:
    """The database of a service: its tables, and the folder of its migrations."""

    metadata: Sequence[MetaData]
    migrations: Path


@dataclass(frozen=True, slots=True)
class Files:
    """Where a service keeps files beside its database: in a folder, elsewhere, or nowhere. `are` is what they are, in
    words, and `elsewhere` the place in words, without anything secret."""

    are: str
    folder: Path | None = None
    elsewhere: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service, as a value.

    `mounts`: the paths that it answers, each with all below it: `/v1/things`, or `/` for all other paths.
    A service without `storage` has no database, no events and no dead letters of its own.
    `chains`: those of its record, one for each mission, which the audit's checkpoints contain.
    `signs_in_at`: the address of its page that signs in who opens it, with `{key}` for the key. It belongs into the
    fragment, which a browser does not send.
    `files`: where its files are by the settings of the process and its own; a backup holds those of a folder.
    """

    name: str
    mounts: tuple[str, ...]
    build: Callable[[Platform], Parts]
    storage: Storage | None = None
    settings: type[ServiceSettings] | None = None
    permissions: tuple[Permission, ...] = ()
    signs_in_at: str | None = None
    chains: ChainSource | None = None
    files: Callable[[Settings, ServiceSettings], Files] | None = None


def migrations_of(services: Iterable[Service]) -> dict[str, Path]:
    """The folder of migrations of each service that has a database, by the service's name."""
    return {service.name: service.storage.migrations for service in services if service.storage is not None}


def permissions_of(services: Iterable[Service]) -> tuple[Permission, ...]:
    """The permissions of the services, and those of the platform."""
    return (*(permission for service in services for permission in service.permissions), *PLATFORM)


def service_names() -> tuple[str, ...]:
    """The names of the installed services. It loads none of them."""
    return tuple(sorted(entry_points(group=_GROUP).names))


def load_service(name: str) -> Service:
    """One installed service. Raises KeyError when it is not installed."""
    service: Service = entry_points(group=_GROUP)[name].load()
    return service


def installed_services() -> dict[str, Service]:
    """The installed services, by name."""
    return {entry.name: entry.load() for entry in sorted(entry_points(group=_GROUP))}
