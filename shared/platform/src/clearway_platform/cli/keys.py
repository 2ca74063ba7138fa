"""`clearway keys`: who may come in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.auth.roles import roles_text
from clearway_platform.cli.configuration import DataFolder, Misconfigured, read_settings
from clearway_platform.cli.data_folder import prepare, require_database
from clearway_platform.cli.failures import fail
from clearway_platform.cli.listing import AsJson, print_list, printable
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import bring_up_to_date
from clearway_platform.service import installed_services, permissions_of

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


class _WithRoles(TyperCommand):
    """A command whose help says what each role may do. The services say it: they are loaded for the help alone."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        # \b: the help keeps the lines of the roles as they are.
        said = roles_text(permissions_of(installed_services().values()))
        self.epilog = said.replace("\n\n", "\n\n\b\n")
        super().format_help(ctx, formatter)


@app.command(cls=_WithRoles)
def create(
    mission: Annotated[str, typer.Option(help="The mission; the key sees nothing of any other.")],
    role: Annotated[Role, typer.Option(help="What its holder may do: see below.")],
    name: Annotated[str, typer.Option(help="Whose key it is, for the list.")] = "",
    new_mission: Annotated[
        bool, typer.Option("--new-mission", help="The mission has no key yet: this is its first one.")
    ] = False,
    data: DataFolder = None,
) -> None:
    """Make a key and print it. It is not kept and cannot be shown again."""
    asyncio.run(_create(mission, role, name, data, new_mission=new_mission))


async def _create(mission: str, role: Role, name: str, data: Path | None, *, new_mission: bool) -> None:
    async with _directory(data, create=True) as keys:
        known = sorted({record.principal.mission for record in await keys.list()})
        if mission not in known and not new_mission:
            _confirm(mission, known)
        try:
            issued = await keys.create(mission, role, name or role.value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    typer.echo(issued.token)


def _confirm(mission: str, known: list[str]) -> None:
    """A mission is made by its first key. A name that was mistyped would make one that nobody else is in."""
    nearest = get_close_matches(mission, known, n=1)
    others = f"Did you mean {nearest[0]}?" if nearest else f"Missions with keys: {', '.join(known) or 'none'}."
    sentence = f"No key of mission {printable(mission)!r} exists yet. {others}"
    if not sys.stdin.isatty():
        raise Misconfigured(f"{sentence} For a new mission, add --new-mission.")
    if not typer.confirm(f"{sentence} Make this new mission?", err=True):
        raise typer.Exit(1)


@app.command("list")
def list_keys(
    mission: Annotated[str | None, typer.Option(help="Only of this mission.", show_default=False)] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List the keys; their secrets are not stored."""

    async def work() -> None:
        async with _directory(data) as keys:
            records = await keys.list(mission)
        rows = [
            {
                "key": record.principal.id,
                "mission": record.principal.mission,
                "role": record.principal.role.value,
                "name": record.principal.name,
                "created": record.created_at,
                "revoked": record.revoked_at,
            }
            for record in records
        ]
        print_list(rows, as_json=as_json, empty="There is no key" + (f" of mission {mission}." if mission else "."))

    asyncio.run(work())


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as in the list.")], data: DataFolder = None
) -> None:
    """Refuse a key from now on, and end its streams within seconds."""

    async def work() -> bool:
        async with _directory(data) as keys:
            return await keys.revoke(key_id)

    if not asyncio.run(work()):
        fail(f"There is no key {printable(key_id)!r} in use. `clearway keys list` shows those that are.", 1)
    typer.echo("Revoked.")


@asynccontextmanager
async def _directory(data: Path | None, *, create: bool = False) -> AsyncIterator[SqlKeyDirectory]:
    settings = read_settings(data_dir=data)
    if create:
        prepare(settings, ["keys"], keeps_files=False)
    else:
        require_database(settings, "keys", "`clearway keys create` makes the first key.")
    url = settings.database_url("keys")
    await bring_up_to_date("keys", url, MIGRATIONS)
    database = Database(url, pool_size=1)
    try:
        yield SqlKeyDirectory(database, SystemClock())
    finally:
        await database.close()
