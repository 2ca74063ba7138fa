"""`clearway up` and `clearway run`: the platform in one process, or one service of it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from uvicorn.loops.auto import auto_loop_factory

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import IssuedKey, Role
from clearway_platform.cli.configuration import DataFolder, Misconfigured, read_own_settings, read_settings
from clearway_platform.cli.data_folder import prepare
from clearway_platform.cli.demonstration import Demonstration, load_demonstration
from clearway_platform.cli.instance import DEFAULT_URL, DEMO_FOLDER, KEY_FILE, announced, kept_key
from clearway_platform.cli.signals import loading
from clearway_platform.process.listening import AddressTaken, address_of, beyond_this_machine, bind
from clearway_platform.process.mounts import owners_of
from clearway_platform.process.runtime import Process, migrate, open_process
from clearway_platform.service import Service, installed_services, load_service, migrations_of, service_names
from clearway_platform.settings import ServiceSettings, Settings
from clearway_platform.telemetry import configure_telemetry
from clearway_platform.version import VERSION

MISSION: Final = "local"
DEMONSTRATION: Final = "demonstration"
console = Console(highlight=False, soft_wrap=True)

Host = Annotated[
    str | None, typer.Option(help="Address to listen on. By default only this machine can connect.", show_default=False)
]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Port to listen on, by default 8080; 0 takes a free port.", show_default=False),
]


def up(
    demo: Annotated[bool, typer.Option("--demo", help="Run a synthetic mission, in a data folder of its own.")] = False,
    host: Host = None,
    port: Port = None,
    data: DataFolder = None,
) -> None:
    """Start the whole platform in one process. It prints its address and, at the first start, an API key."""
    settings = read_settings(host=host, port=port, data_dir=data)
    play = load_demonstration() if demo else None
    if play:
        settings = settings.model_copy(update={"data_dir": settings.data_dir / DEMO_FOLDER})
    with loading():
        services = installed_services()
    listening = _bind(settings)
    prepare(settings, ["keys", *migrations_of(services.values())], keeps_files=True)
    _start(list(services.values()), for_people(settings), listening, migrate_first=True, demo=play)


def run(
    service: Annotated[str, typer.Argument(help=f"The service: {', '.join(service_names())}.")],
    host: Host = None,
    port: Port = None,
) -> None:
    """Run one service. Environment variables name its broker and its databases."""
    if service not in service_names():
        raise Misconfigured(f"Service {service!r} is not installed. Installed: {', '.join(service_names())}.")
    settings = read_settings(host=host, port=port)
    if settings.broker_url is None:
        raise Misconfigured("`clearway run` needs Kafka. Set CLEARWAY_BROKER_URL, or use `clearway up`.")
    listening = _bind(settings)
    with loading():
        loaded = load_service(service)
    prepare(settings, ["keys", *migrations_of([loaded])], keeps_files=False)
    _start([loaded], settings, listening, migrate_first=False, demo=None)


def for_people(settings: Settings) -> Settings:
    """On a terminal the log is readable lines, of warnings and errors only, unless the settings say otherwise."""
    if not sys.stderr.isatty() or "log_format" in settings.model_fields_set:
        return settings
    quieter = {} if "log_level" in settings.model_fields_set else {"log_level": "WARNING"}
    return settings.model_copy(update={"log_format": "console", **quieter})


def _bind(settings: Settings) -> socket.socket:
    try:
        return bind(settings.host, settings.port)
    except AddressTaken as taken:
        raise Misconfigured(f"{_port_taken(taken)} Stop that program, or choose another port with --port.") from taken


def _port_taken(taken: AddressTaken) -> str:
    """A sentence that names the program on the port, if it answers."""
    import httpx  # noqa: PLC0415 - loading it takes a tenth of a second of each start

    try:
        health = httpx.get(f"{taken.address}/healthz", timeout=1, trust_env=False).json()
        if health["status"] == "alive":
            return f"Port {taken.port} is in use: Clearway already runs at {taken.address}."
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        pass
    return str(taken)


def _start(
    services: Sequence[Service],
    settings: Settings,
    listening: socket.socket,
    *,
    migrate_first: bool,
    demo: Demonstration | None,
) -> None:
    own = read_own_settings(services)
    owners_of(services)  # before anything is opened
    configure_telemetry(settings, "-".join(service.name for service in services))
    # A signal is the normal end of a server, during its start too.
    with (
        suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        runner.run(_serve(services, settings, own, listening, migrate_first=migrate_first, demo=demo))
    console.print("Stopped.")


async def _serve(
    services: Sequence[Service],
    settings: Settings,
    own: Mapping[str, ServiceSettings],
    listening: socket.socket,
    *,
    migrate_first: bool,
    demo: Demonstration | None,
) -> None:
    if migrate_first:
        await migrate(services, settings)
    async with open_process(services, settings, own) as process:
        if not migrate_first:
            await process.serve(listening, _announcement(process, listening, None, None, demo=demo))
            return
        key = await _first_key(process.keys, settings, DEMONSTRATION if demo else MISSION)
        link = _sign_in_link(services, address_of(listening), settings.data_dir, is_first=key is not None)
        with announced(settings.data_dir, address_of(listening)):
            await process.serve(listening, _announcement(process, listening, key, link, demo=demo))


def _announcement(
    process: Process, listening: socket.socket, key: IssuedKey | None, link: str | None, *, demo: Demonstration | None
) -> Callable[[], Awaitable[None]]:
    """The announcement, printed once requests are answered."""
    address = address_of(listening)

    async def announce() -> None:
        _print_address(address, process.settings, key, link, open_to_others=beyond_this_machine(listening))
        if demo is not None:
            await demo(address, process.keys, DEMONSTRATION)

    return announce


async def _first_key(keys: SqlKeyDirectory, settings: Settings, mission: str) -> IssuedKey | None:
    """The first start creates an administrator's key, which commands on this machine find in the data folder."""
    if await keys.list():
        return None
    issued = await keys.create(mission, Role.ADMIN, "first administrator")
    path = settings.data_dir / KEY_FILE
    path.touch(mode=0o600)
    path.write_text(issued.token + "\n")
    return issued


def _sign_in_link(services: Iterable[Service], address: str, folder: Path, *, is_first: bool) -> str | None:
    """The link that opens the page signed in with the key of the data folder, where a service has such a page.

    Outside a terminal the output is kept, in a journal or by an engine: each key goes there once, when it is made.
    """
    if not is_first and not console.is_terminal:
        return None
    with suppress(Misconfigured):  # the file belongs to another user
        key = kept_key(folder)
        for service in services if key is not None else ():
            if service.signs_in_at is not None:
                return address + service.signs_in_at.format(key=key)
    return None


def _print_address(
    address: str, settings: Settings, key: IssuedKey | None, link: str | None, *, open_to_others: bool
) -> None:
    engine = "Kafka" if settings.broker_url else "the embedded log"
    console.print(f"\n[bold green]Clearway {VERSION} is up[/] on {engine}.")
    if link is not None:
        console.print(f"  open it        {link}")
        console.print("                 the link contains the administrator's key: do not pass it on")
    console.print(f"  address        {address}")
    console.print(f"  documentation  {address}/docs")
    if key is not None:
        console.print(f"  first API key  {key.token}")
        console.print(
            f"                 mission {key.principal.mission}, role admin; kept in {settings.data_dir / KEY_FILE}"
        )
    elif (settings.data_dir / KEY_FILE).is_file():
        console.print(f"  API key        as before, in {settings.data_dir / KEY_FILE}")
    console.print(f"  follow it      {_program()} tail{_options(address, settings)}   (in a second terminal)")
    console.print('  first report   the README has one to paste, under "The first minute"')
    console.print("  stop it        Ctrl-C\n")
    if open_to_others:
        console.print(
            "Other machines can connect, over plain HTTP: API keys and reports can be read and changed on the network. "
            "Put an HTTPS proxy in front, or listen on 127.0.0.1.\n",
            style="yellow",
        )


def _program() -> str:
    """The command that starts this program from the current folder."""
    return "clearway" if shutil.which("clearway") else os.path.relpath(sys.argv[0])


def _options(address: str, settings: Settings) -> str:
    """The options with which `tail` finds this process from the current folder; empty if it needs none."""
    folder, default = settings.data_dir, Settings().data_dir
    if (folder / KEY_FILE).is_file():
        if folder.name == DEMO_FOLDER and folder.parent == default:
            return " --demo"
        return "" if folder == default else f" --data {shlex.quote(str(folder))}"
    return "" if address == DEFAULT_URL else f" --url {address}"
