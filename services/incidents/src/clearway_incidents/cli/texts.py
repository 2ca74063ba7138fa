"""`clearway texts …`: list, show, release and remove texts that are withheld for review."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from clearway_incidents.domain.held_texts import HeldTextState
from clearway_platform.cli.api import Api, open_api
from clearway_platform.cli.client import Demo, Key, Url
from clearway_platform.cli.configuration import DataFolder
from clearway_platform.cli.failures import Commands
from clearway_platform.cli.listing import AsJson, print_list, print_one

PATH: Final = "/v1/held-texts"
PAGE: Final = 500
_COLUMNS: Final = ("held_at", "state", "incident_id", "field", "organisation", "held_id")

app: Final = typer.Typer(
    cls=Commands,
    help="Decide on texts that are withheld for review.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

HeldId = Annotated[UUID, typer.Argument(help="Id of the held text, as in the list.", show_default=False)]
State = Annotated[HeldTextState, typer.Option(help="Only this state.")]


@app.command("list")
def list_texts(
    state: State = HeldTextState.OPEN,
    incident: Annotated[UUID | None, typer.Option(help="Only those of this incident.", show_default=False)] = None,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """List the texts that are withheld, the newest first. The texts themselves are not shown.

    The key must be a verifier's or an administrator's.
    """
    with _api(url, key, data, demo=demo) as api:
        wanted = {"limit": PAGE, "state": state.value} | ({"incident_id": str(incident)} if incident else {})
        found = [item for page in api.pages(PATH, **wanted) for item in page["items"]]
    rows = found if as_json else [{name: one[name] for name in _COLUMNS} for one in found]
    print_list(rows, as_json=as_json, empty=f"No text is {state.value}.")


@app.command()
def show(
    held_id: HeldId,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show a text that is withheld. The audit notes who reads it."""
    with _api(url, key, data, demo=demo) as api:
        print_one(api.get(_address(held_id)).body, as_json=as_json)


@app.command()
def release(
    held_id: HeldId,
    text: Annotated[
        str | None, typer.Option(help="A redacted text, which is put there instead.", show_default=False)
    ] = None,
    reason: Annotated[str | None, typer.Option(help="A note for the history.", show_default=False)] = None,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Put a text into its incident. Everyone who may read the incident can read it then.

    Not by the person who sent it.
    """
    given = {name: value for name, value in (("text", text), ("reason", reason)) if value is not None}
    with _api(url, key, data, demo=demo) as api:
        _decide(api, held_id, "release", given, "The text is released.", as_json=as_json)


@app.command()
def remove(
    held_id: HeldId,
    reason: Annotated[str, typer.Option(help="Reason. It stays on record.", show_default=False)],
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Leave a text out for good. The incident stays as it is."""
    with _api(url, key, data, demo=demo) as api:
        _decide(api, held_id, "remove", {"reason": reason}, "The text stays out.", as_json=as_json)


def _decide(api: Api, held_id: UUID, how: str, body: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    seen = api.get(_address(held_id))
    answer = api.post(f"{_address(held_id)}/{how}", body, seen=seen.etag)
    if as_json:
        print_one(answer.body, as_json=True)
    else:
        typer.echo(sentence)


def _api(url: str | None, key: str | None, data: Path | None, *, demo: bool) -> AbstractContextManager[Api]:
    return open_api(url, key, data=data, demo=demo, service="incidents")


def _address(held_id: UUID) -> str:
    return f"{PATH}/{held_id}"
