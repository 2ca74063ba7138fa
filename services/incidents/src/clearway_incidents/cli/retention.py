"""`clearway retention …`: what is past its retention is reduced."""

from __future__ import annotations

import asyncio
from typing import Final

import typer

from clearway_incidents.commands.retention import Retention
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.storage.states import INCIDENT
from clearway_platform.cli.configuration import DataFolder, read_settings
from clearway_platform.cli.data_folder import require_database
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.messaging.outbox import Outbox

app: Final = typer.Typer(
    help="Reduce incidents that are past their retention.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("apply")
def apply_retention(data: DataFolder = None) -> None:
    """Reduce every incident that is past `retention_until`. What statistics need is left. The service does the
    same every night.

    Safe to repeat, and to run beside the service.
    """
    settings = read_settings(data_dir=data)
    require_database(settings, "incidents", "`clearway migrate` creates it.")

    async def work() -> int:
        clock = SystemClock()
        database = Database(settings.database_url("incidents"), pool_size=1)
        try:
            return await Retention(Revisions(clock, Outbox(clock), INCIDENT), database).apply()
        finally:
            await database.close()

    typer.echo(f"Reduced: {asyncio.run(work())}.")


@app.callback()
def _retention() -> None:
    """Without this, the one command would have no name of its own."""
