"""`clearway`: what holds for every command. `loading` says where each one is."""

from typing import Annotated

import typer

from clearway_platform.cli.loading import CommandsByName
from clearway_platform.version import VERSION

# Help without frames: it reads the same in a terminal, in a pipe and aloud.
app = typer.Typer(
    name="clearway",
    cls=CommandsByName,
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
