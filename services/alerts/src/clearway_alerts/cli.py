"""`clearway secrets`: the keys with which the secrets of webhooks are sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import typer

from clearway_alerts.commands.sealing import Done, Sealing
from clearway_alerts.sealing.keys import NAMED, add_new_key, new_key
from clearway_alerts.sealing.places import file_of, keyring_of
from clearway_alerts.settings import AlertsSettings
from clearway_platform.cli.configuration import DataFolder, read_own_settings, read_settings
from clearway_platform.cli.data_folder import require_database
from clearway_platform.cli.failures import FAILED, Commands, fail
from clearway_platform.database.engines import Database
from clearway_platform.service import installed_services

Result = TypeVar("Result")

app: Final = typer.Typer(
    cls=Commands, help="Keep the secrets of webhooks sealed.", no_args_is_help=True, rich_markup_mode=None
)
_NONE: Final = f"There is no key. Set {NAMED} or {NAMED}_FILE; `clearway secrets new-key` makes a key."


@app.command("new-key")
def add_key(data: DataFolder = None) -> None:
    """Make a new key. Where keys are in a file it is put there, before the others, and seals from then on.

    Otherwise it is printed: put it before the others in CLEARWAY_SECRETS_KEY, separated by a space, and start every
    process again. Then run `clearway secrets rotate`.
    """
    settings, own = read_settings(data_dir=data), _own_settings()
    file = file_of(own, settings)
    if file is None:
        typer.echo(new_key())
        return
    typer.echo(f"The key {add_new_key(file).id} seals from now on. Now run `clearway secrets rotate`.")


@app.command()
def rotate(data: DataFolder = None) -> None:
    """Seal every secret with the first key. Clearway may run. Safe to repeat; older keys can go after it."""

    def work(sealing: Sealing) -> Awaitable[Done]:
        if sealing.keys.sealing is None:
            fail(_NONE)
        return sealing.rotate()

    _print(_run(data, work), "Sealed with the first key")


@app.command()
def unseal(data: DataFolder = None) -> None:
    """Put every secret back in the clear. Processes of 0.1.0 need that before they start. Stop Clearway first."""
    _print(_run(data, Sealing.unseal), "In the clear")


@app.command()
def show(data: DataFolder = None) -> None:
    """Show which keys seal how many secrets, and which are here. Ends with code 1 when one is missing."""
    ids: list[str] = []

    async def look(sealing: Sealing) -> dict[str | None, int]:
        ids.extend(sealing.keys.ids)
        return await sealing.counts()

    counts = _run(data, look)
    if clear := counts.pop(None, 0):
        typer.echo(f"In the clear: {clear} subscriptions.")
    for key in dict.fromkeys([*ids, *map(str, counts)]):
        about = "seals" if key == next(iter(ids), None) else "opens" if key in ids else "is missing"
        typer.echo(f"{key} {about}: {counts.get(key, 0)} subscriptions.")
    if missing := counts.keys() - set(ids):
        fail(f"Add the missing keys to {NAMED}: {', '.join(sorted(map(str, missing)))}.", code=FAILED)


def _print(done: Done, what: str) -> None:
    typer.echo(f"{what}: {done.changed} subscriptions.")
    for subscription_id, why in done.failed.items():
        typer.echo(f"{subscription_id}: {why}.", err=True)
    if done.failed:
        raise typer.Exit(FAILED)


def _own_settings() -> AlertsSettings:
    """Raises Misconfigured."""
    own = read_own_settings([installed_services()["alerts"]])["alerts"]
    assert isinstance(own, AlertsSettings)
    return own


def _run(data: Path | None, work: Callable[[Sealing], Awaitable[Result]]) -> Result:
    settings, own = read_settings(data_dir=data), _own_settings()
    require_database(settings, "alerts", "`clearway migrate` creates it.")
    url = settings.database_url("alerts")

    async def run() -> Result:
        database = Database(url, pool_size=1)
        try:
            return await work(Sealing(database, keyring_of(own, settings)))
        finally:
            await database.close()

    return asyncio.run(run())
