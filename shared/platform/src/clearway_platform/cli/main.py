"""`clearway`: every command, each in the file of its subject."""

from importlib.metadata import entry_points
from typing import Annotated

import typer

from clearway_platform.cli import audit, backup, databases, keys, openapi, row_security, serve, tail, topics
from clearway_platform.cli import dead_letters as deadletters
from clearway_platform.cli.failures import Commands
from clearway_platform.version import VERSION

# Help without frames: it reads the same in a terminal, in a pipe and aloud.
app = typer.Typer(
    name="clearway",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clearway {VERSION}")
        raise typer.Exit


@app.callback()
def clearway(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Reports of explosive hazards, the warnings they cause, and the risk of patrol routes."""


app.command()(serve.up)
app.command()(serve.run)
app.command()(tail.tail)
app.command()(databases.migrate)
app.command()(backup.backup)
app.command()(backup.restore)
app.command("openapi")(openapi.openapi)
app.add_typer(keys.app, name="keys")
app.add_typer(row_security.app, name="row-security")
app.add_typer(audit.app, name="audit")
app.add_typer(topics.app, name="topics")
app.add_typer(deadletters.app, name="dead-letters")
# A service may bring commands of its own; an image that does not hold the service does not have them.
for entry in sorted(entry_points(group="clearway.commands")):
    app.add_typer(entry.load(), name=entry.name)
