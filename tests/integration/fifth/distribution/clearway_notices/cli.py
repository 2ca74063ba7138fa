"""`clearway notices`: the board in a terminal."""

from typing import Final

import httpx
import typer

from clearway_platform.cli.client import Key, Url, find_access
from clearway_platform.cli.configuration import DataFolder
from clearway_platform.cli.failures import Commands

app: Final = typer.Typer(cls=Commands, help="Show the board.", no_args_is_help=True)


@app.callback()
def notices() -> None:
    """Show the board."""


@app.command()
def show(url: Url = None, key: Key = None, data: DataFolder = None) -> None:
    """Print the notices."""
    access = find_access(url, key, data=data, demo=False)
    for notice in httpx.get(f"{access.url}/v1/notices", headers=access.headers, trust_env=False).json():
        typer.echo(notice["text"])
