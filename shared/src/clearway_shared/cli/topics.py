"""`clearway topics`: what travels on the broker."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console
from rich.table import Table

from clearway_shared.broker import open_broker
from clearway_shared.broker.base import BrokerError
from clearway_shared.events.topics import TOPICS
from clearway_shared.runtime import TOPIC_SPECS
from clearway_shared.settings import Settings

app = typer.Typer(help="Create and list the topics.", no_args_is_help=True)
console = Console()


@app.command()
def create() -> None:
    """Create the topics that are missing; those that exist stay as they are."""

    async def work() -> None:
        settings = Settings()
        broker = open_broker(settings.broker_url, settings.data_dir)
        try:
            await broker.start()
            await broker.create_topics(TOPIC_SPECS)
        finally:
            await broker.close()

    try:
        asyncio.run(work())
    except (BrokerError, ValueError) as error:
        console.print(f"The topics cannot be created: {error}", style="red", highlight=False)
        raise typer.Exit(1) from error
    console.print(f"{len(TOPICS)} topics exist.")


@app.command("list")
def list_topics() -> None:
    """List the topics as the contracts give them."""
    table = Table("topic", "key", "partitions", "kept", "from", "to")
    for topic in TOPICS:
        kept = f"{topic.retention_days} days" if topic.retention_days else "for ever"
        table.add_row(
            topic.name, topic.key, str(topic.partitions), kept, ", ".join(topic.producers), ", ".join(topic.consumers)
        )
    console.print(table)
