"""`clearway keys`: who may come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from clearway_shared.auth import Role
from clearway_shared.clock import SystemClock
from clearway_shared.database import Database
from clearway_shared.keys import MIGRATIONS
from clearway_shared.keys.directory import SqlKeyDirectory
from clearway_shared.schema import SchemaTooNew, bring_up_to_date
from clearway_shared.settings import Settings

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)
console = Console()


@app.command()
def create(
    mission: Annotated[str, typer.Option(help="The mission; the key sees nothing of any other.")],
    role: Annotated[Role, typer.Option(help="What its holder may do.")],
    name: Annotated[str, typer.Option(help="Whose key it is, for the list.")] = "",
) -> None:
    """Make a key and print it. It is not kept and cannot be shown again."""

    async def work() -> None:
        async with _directory() as keys:
            issued = await keys.create(mission, role, name or role.value)
            console.print(issued.token, highlight=False, soft_wrap=True)

    try:
        asyncio.run(work())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@app.command("list")
def list_keys(mission: Annotated[str | None, typer.Option(help="Only of this mission.")] = None) -> None:
    """List the keys; their secrets are not stored."""

    async def work() -> None:
        async with _directory() as keys:
            table = Table("key", "mission", "role", "name", "created", "revoked")
            for record in await keys.list(mission):
                who = record.principal
                revoked = f"{record.revoked_at:%Y-%m-%d %H:%M}" if record.revoked_at else ""
                table.add_row(who.id, who.mission, who.role, who.name, f"{record.created_at:%Y-%m-%d %H:%M}", revoked)
            console.print(table)

    asyncio.run(work())


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The key's id, as in the list.")]) -> None:
    """Refuse a key from now on, and end its streams within seconds."""

    async def work() -> bool:
        async with _directory() as keys:
            return await keys.revoke(key_id)

    if not asyncio.run(work()):
        console.print(f"There is no key {key_id!r} in use.", style="red")
        raise typer.Exit(1)
    console.print("Revoked.")


@asynccontextmanager
async def _directory() -> AsyncIterator[SqlKeyDirectory]:
    url = Settings().database_url("keys")
    try:
        await bring_up_to_date("keys", url, MIGRATIONS)
    except SchemaTooNew as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    database = Database(url, pool_size=1)
    try:
        yield SqlKeyDirectory(database, SystemClock())
    finally:
        await database.close()
