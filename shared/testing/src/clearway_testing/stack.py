"""Kafka and PostgreSQL for a developer: `python -m clearway_testing.stack [-- command …]`.

Without a command it prints the variables to export and waits for Ctrl-C; with one, it runs the command
with those variables and stops both servers after it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console

from clearway_platform.settings import database_variable
from clearway_testing.platforms import stored_services
from clearway_testing.server import DatabaseServer, Server, Unavailable
from clearway_testing.sources import running_kafka, running_postgres


def main(arguments: Sequence[str]) -> int:
    """The exit code of the command; 1 when a server cannot be had here."""
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running_kafka() as kafka, running_postgres() as postgres:
            variables = environment(kafka, postgres)
            return _run(command, variables) if command else _wait(variables)
    except Unavailable as error:
        Console(stderr=True).print(f"The stack cannot start: {error}", markup=False)
        return 1
    except KeyboardInterrupt:
        return 0


def environment(kafka: Server, postgres: DatabaseServer) -> dict[str, str]:
    """The variables that point Clearway at the two servers, each service with a database of its own."""
    databases = {database_variable(name): postgres.create_database(name) for name in (*stored_services(), "keys")}
    return {"CLEARWAY_BROKER_URL": kafka.url, **databases}


def _run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode


def _wait(variables: Mapping[str, str]) -> int:
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={value}\n")
    sys.stdout.flush()
    Console(stderr=True).print("Kafka and PostgreSQL run until Ctrl-C.")
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
