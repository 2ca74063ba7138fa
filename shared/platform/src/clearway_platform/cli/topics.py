"""`clearway topics`: create and list the topics of the broker."""

from __future__ import annotations

import asyncio

import typer

from clearway_contracts.topics import TOPICS
from clearway_platform.cli.configuration import read_settings
from clearway_platform.cli.data_folder import prepare
from clearway_platform.cli.listing import AsJson, print_list
from clearway_platform.log import open_broker
from clearway_platform.process.runtime import TOPIC_SPECS

app = typer.Typer(help="Create and list the topics.", no_args_is_help=True)


@app.command()
def create() -> None:
    """Create missing topics. Existing topics are not changed."""

    settings = read_settings()
    prepare(settings, [], keeps_files=False)

    async def work() -> None:
        broker = open_broker(settings.broker_url, settings.data_dir)
        try:
            await broker.start()
            await broker.create_topics(TOPIC_SPECS)
        finally:
            await broker.close()

    asyncio.run(work())
    typer.echo(f"{len(TOPICS)} topics exist.")


@app.command("list")
def list_topics(as_json: AsJson = False) -> None:
    """List the topics of the contracts."""
    rows = [
        {
            "topic": topic.name,
            "key": topic.key,
            "partitions": topic.partitions,
            "retention_days": topic.retention_days or "for ever",
            "from": list(topic.producers),
            "to": list(topic.consumers),
        }
        for topic in TOPICS
    ]
    print_list(rows, as_json=as_json, empty="There is no topic.")
