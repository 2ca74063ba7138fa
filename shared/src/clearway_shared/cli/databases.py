"""`clearway migrate`: schemas brought up to date."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from clearway_shared.runtime import migrate as migrate_services
from clearway_shared.service import installed_services
from clearway_shared.settings import Settings

console = Console()


def migrate(
    service: Annotated[
        list[str] | None, typer.Argument(help="Which services; all that are installed by default.")
    ] = None,
) -> None:
    """Bring the databases, and the directory of keys, to their newest schema. Safe to repeat, and beside a twin."""
    services = installed_services()
    unknown = set(service or ()) - set(services)
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: installed are {', '.join(services)}")
    chosen = [services[name] for name in service or services]
    asyncio.run(migrate_services(chosen, Settings()))
    console.print(f"Up to date: keys, {', '.join(one.name for one in chosen)}.")
