"""`clearway dead-letters`: messages that a consumer could not take, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from clearway_shared.clock import SystemClock
from clearway_shared.database import Database
from clearway_shared.deadletter import DeadLetters
from clearway_shared.outbox import Outbox
from clearway_shared.settings import Settings

app = typer.Typer(help="List, replay and discard dead letters.", no_args_is_help=True)
console = Console()

ServiceName = Annotated[str, typer.Option(help="Whose dead letters: alerts or analytics.")]
LetterId = Annotated[UUID, typer.Argument(help="The letter's id, as in the list.")]


@app.command("list")
def list_letters(service: ServiceName) -> None:
    """The letters that wait for a decision, of all missions and of none."""

    async def work() -> None:
        async with _letters(service) as letters:
            table = Table("id", "from", "type", "mission", "attempts", "error", "failed")
            for one in await letters.list():
                place = f"{one.topic}/{one.partition}@{one.offset}"
                failed = f"{one.failed_at:%Y-%m-%d %H:%M}"
                table.add_row(
                    str(one.id), place, one.type or "?", one.mission or "?", str(one.attempts), one.error[:80], failed
                )
            console.print(table)

    asyncio.run(work())


@app.command()
def replay(service: ServiceName, letter: LetterId) -> None:
    """Let the consumer take the message again. It takes it once, however often this is asked."""

    async def work() -> bool:
        async with _letters(service) as letters:
            return await letters.replay(letter)

    _report(asyncio.run(work()), "The consumer will take it again.")


@app.command()
def discard(service: ServiceName, letter: LetterId, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Give the message up. The reason stays on record."""

    async def work() -> bool:
        async with _letters(service) as letters:
            return await letters.discard(letter, reason)

    _report(asyncio.run(work()), "Discarded.")


def _report(done: bool, message: str) -> None:
    if not done:
        console.print("There is no such letter that waits for a decision.", style="red")
        raise typer.Exit(1)
    console.print(message)


@asynccontextmanager
async def _letters(service: str) -> AsyncIterator[DeadLetters]:
    if service not in ("alerts", "analytics"):
        raise typer.BadParameter(f"{service}: choose alerts or analytics")
    clock = SystemClock()
    database = Database(Settings().database_url(service), pool_size=1)
    try:
        yield DeadLetters(database, Outbox(clock), clock)
    finally:
        await database.close()
