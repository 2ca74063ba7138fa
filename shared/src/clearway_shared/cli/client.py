"""Reaching a running Clearway from a terminal: its address, and the key to show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from rich.console import Console

from clearway_shared.settings import Settings

KEY_FILE: Final = "admin.key"
console = Console(stderr=True)

Url = Annotated[str, typer.Option(envvar="CLEARWAY_URL", help="Where Clearway answers.")]
Key = Annotated[
    str | None, typer.Option(envvar="CLEARWAY_API_KEY", help="The API key; by default the first one's file.")
]
DEFAULT_URL: Final = "http://127.0.0.1:8080"


def open_client(url: str, key: str | None) -> httpx.AsyncClient:
    """A client with the key in its headers. Ends the command, with what to do, when there is none."""
    return httpx.AsyncClient(base_url=url, headers=authorization(key), timeout=30, trust_env=False)


def authorization(key: str | None) -> dict[str, str]:
    """The header that shows the key, or the one that `clearway up` left here. Ends the command when there is none."""
    token = key or _kept_key(Settings().data_dir)
    if token is None:
        console.print("No API key: give --key, set CLEARWAY_API_KEY, or run this beside the data folder.", style="red")
        raise typer.Exit(2)
    return {"Authorization": f"Bearer {token}"}


def _kept_key(data_dir: Path) -> str | None:
    """The key that `clearway up` left; the newest, where there is one of a demonstration as well."""
    found = [path for path in (data_dir / KEY_FILE, data_dir / "demo" / KEY_FILE) if path.is_file()]
    newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    return newest.read_text().strip() if newest else None
