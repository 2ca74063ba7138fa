"""`clearway row-security`: whether PostgreSQL keeps the rows of missions apart, and since when it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

import typer
from sqlalchemy import Connection

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.cli.configuration import Misconfigured, read_settings
from clearway_platform.cli.databases import KEYS
from clearway_platform.cli.failures import FAILED
from clearway_platform.cli.signals import loading
from clearway_platform.database.engines import Database, async_url
from clearway_platform.database.row_security import Protected, RowSecurity, enforce, relax, row_security_of
from clearway_platform.service import installed_services, migrations_of

app = typer.Typer(help="Keep the rows of missions apart in PostgreSQL.", no_args_is_help=True, rich_markup_mode=None)

Names = Annotated[list[str] | None, typer.Argument(help="Services, or `keys`; by default all that are installed.")]


@app.command()
def show(database: Names = None) -> None:
    """Show for each database whether every policy is enforced. Ends with code 1 if one is not, or has no effect."""
    are_kept_apart = [_print(name, rows) for name, _, rows in _postgresql(database)]
    if not all(are_kept_apart):
        raise typer.Exit(FAILED)


@app.command()
def on(database: Names = None) -> None:
    """Enforce every policy. Run it once every process is of this version: an older one would see no rows.

    Needs the role that owns the tables. Safe to repeat, and to run beside the services.
    """
    for name, url, rows in _postgresql(database):
        _require_policies(name, rows)
        asyncio.run(_change(url, rows.relaxed, enforce))
        typer.echo(f"{name}: on.")


@app.command()
def off(database: Names = None) -> None:
    """Enforce no policy any more. It is for a version that has none, before that starts again. Needs the role that
    owns the tables."""
    for name, url, rows in _postgresql(database):
        asyncio.run(_change(url, [table for table in rows.tables if table.has_policy], relax))
        typer.echo(f"{name}: off.")


def _postgresql(chosen: Sequence[str] | None) -> Iterator[tuple[str, str, RowSecurity]]:
    """The databases of PostgreSQL among those that were chosen, with their addresses."""
    with loading():
        known = {KEYS: KEYS_MIGRATIONS} | migrations_of(installed_services().values())
    if unknown := set(chosen or ()) - set(known):
        raise Misconfigured(f"There is no database {', '.join(sorted(unknown))}. Databases: {', '.join(known)}.")
    settings = read_settings()
    for name in chosen or known:
        url = settings.database_url(name)
        if rows := None if async_url(url).get_backend_name() == "sqlite" else asyncio.run(row_security_of(url)):
            yield name, url, rows
        else:
            typer.echo(f"{name}: SQLite, where nothing but the statements keeps rows apart.")


def _print(name: str, rows: RowSecurity) -> bool:
    count = sum(table.has_policy for table in rows.tables)
    if not count:
        typer.echo(f"{name}: no policies. Run `clearway migrate`.")
    elif rows.is_bypassed:
        typer.echo(f"{name}: without effect: this role is above policies. Use one that is no superuser.")
    elif rows.relaxed:
        some = f"off in {len(rows.relaxed)} of {count} tables"
        typer.echo(f"{name}: {some}. Run `clearway row-security on` once every process is of this version.")
    else:
        typer.echo(f"{name}: on in {count} tables.")
    return bool(count) and not rows.is_bypassed and not rows.relaxed


def _require_policies(name: str, rows: RowSecurity) -> None:
    if not any(table.has_policy for table in rows.tables):
        raise Misconfigured(f"Database `{name}` has no policies: run `clearway migrate {name}` first.")


async def _change(url: str, tables: Sequence[Protected], change: Callable[[Connection, Protected], None]) -> None:
    """One table at a time: a lock on all of them at once could wait for a process that waits for it."""
    database = Database(url, pool_size=1)
    try:
        for table in tables:
            async with database.of_every_mission("the policies are of the whole database").write() as transaction:
                await transaction.connection.run_sync(change, table)
    finally:
        await database.close()
