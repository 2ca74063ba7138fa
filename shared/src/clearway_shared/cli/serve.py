"""`clearway up` and `clearway run`: the platform in one process, or one service of it."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from uvicorn.loops.auto import auto_loop_factory

from clearway_shared.auth import IssuedKey, Role
from clearway_shared.broker.base import BrokerError
from clearway_shared.cli.client import DEFAULT_URL, KEY_FILE
from clearway_shared.demo.theatre import run_demo
from clearway_shared.keys.directory import SqlKeyDirectory
from clearway_shared.runtime import Process, migrate, open_process
from clearway_shared.schema import SchemaTooNew
from clearway_shared.service import Service, installed_services, load_service, service_names
from clearway_shared.settings import Settings
from clearway_shared.telemetry import configure_telemetry

MISSION: Final = "local"
DEMONSTRATION: Final = "demonstration"
console = Console()

Host = Annotated[str | None, typer.Option(help="Where to listen. The default is this machine only.")]
Port = Annotated[int | None, typer.Option(help="Which port; 0 takes a free one.")]


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Add a synthetic theatre that moves, in a place of its own.")
    ] = False,
    host: Host = None,
    port: Port = None,
    data: Annotated[Path | None, typer.Option(help="Where the files go.")] = None,
    allow_webhooks_to: Annotated[
        list[str] | None, typer.Option(help="A private subnet that webhooks may reach, as 127.0.0.0/8.")
    ] = None,
) -> None:
    """Start the whole platform in one process, and print its address and, the first time, an API key."""
    settings = _settings(host=host, port=port, data_dir=data, webhook_allowed_subnets=allow_webhooks_to)
    if demo:
        settings = settings.model_copy(update={"data_dir": settings.data_dir / "demo"})
    if sys.stderr.isatty() and "log_format" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_format": "console", "log_level": "WARNING"})
    _start(list(installed_services().values()), settings, migrate_first=True, demo=demo)


def run(
    service: Annotated[str, typer.Argument(help="Which service: incidents, alerts or analytics.")],
    host: Host = None,
    port: Port = None,
) -> None:
    """Run one service, on the broker and the databases that the environment names."""
    if service not in service_names():
        console.print(f"There is no service {service!r} here. Installed: {', '.join(service_names())}.", style="red")
        raise typer.Exit(2)
    settings = _settings(host=host, port=port)
    if settings.broker_url is None:
        console.print("One service alone needs Kafka: set CLEARWAY_BROKER_URL, or use `clearway up`.", style="red")
        raise typer.Exit(2)
    _start([load_service(service)], settings, migrate_first=False, demo=False)


def _settings(**given: object) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def _start(services: Sequence[Service], settings: Settings, *, migrate_first: bool, demo: bool) -> None:
    configure_telemetry(settings, "-".join(service.name for service in services))
    try:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(_serve(services, settings, migrate_first=migrate_first, demo=demo))
    except KeyboardInterrupt:
        console.print("Stopped.")
    except SchemaTooNew as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except (BrokerError, DBAPIError, OSError, ValueError) as error:
        console.print(f"Clearway cannot start: {error}", style="red", highlight=False)
        raise typer.Exit(1) from error


async def _serve(services: Sequence[Service], settings: Settings, *, migrate_first: bool, demo: bool) -> None:
    if migrate_first:
        await migrate(services, settings)
    async with open_process(services, settings) as process:
        # What the start made lives as long as the process: the collector need not walk through it again and again.
        gc.freeze()
        key = await _first_key(process.keys, settings, DEMONSTRATION if demo else MISSION) if migrate_first else None
        await process.serve(_announcement(process, key, demo))


def _announcement(process: Process, key: IssuedKey | None, demo: bool) -> Callable[[str], Awaitable[None]]:
    async def announce(address: str) -> None:
        _print_address(address, process.settings, key)
        if demo:
            await run_demo(address, process.keys, DEMONSTRATION)

    return announce


async def _first_key(keys: SqlKeyDirectory, settings: Settings, mission: str) -> IssuedKey | None:
    """The first start makes one administrator, whose key the commands on this machine find by themselves."""
    if await keys.list():
        return None
    issued = await keys.create(mission, Role.ADMIN, "first administrator")
    path = settings.data_dir / KEY_FILE
    path.touch(mode=0o600)
    path.write_text(issued.token + "\n")
    return issued


def _print_address(address: str, settings: Settings, key: IssuedKey | None) -> None:
    engine = "Kafka" if settings.broker_url else "the embedded log"
    console.print(f"\n[bold green]Clearway is up[/] on {engine}.", highlight=False)
    console.print(f"  address        {address}", highlight=False)
    console.print(f"  documentation  {address}/docs", highlight=False)
    if key is not None:
        console.print(f"  first API key  {key.token}", highlight=False, soft_wrap=True)
        console.print(
            f"                 mission {key.principal.mission}, role admin; kept in {settings.data_dir / KEY_FILE}"
        )
    elif (settings.data_dir / KEY_FILE).is_file():
        console.print(f"  API key        as before, in {settings.data_dir / KEY_FILE}", highlight=False, soft_wrap=True)
    console.print(f"  follow it      {_program()} tail{_url(address)}", highlight=False, soft_wrap=True)
    console.print("  stop it        Ctrl-C\n", highlight=False)


def _program() -> str:
    """This program as it can be typed here."""
    return "clearway" if shutil.which("clearway") else os.path.relpath(sys.argv[0])


def _url(address: str) -> str:
    return "" if address == DEFAULT_URL else f" --url {address}"
