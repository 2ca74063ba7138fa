"""`clearway risk-parameters …`: list, propose, compare, activate and discard a mission's risk parameters."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import typer

from clearway_analytics.cli.shown import (
    comparison_rows,
    hint_sentence,
    moment,
    revision_fields,
    revision_row,
    summary_sentence,
    title,
)
from clearway_analytics.cli.waiting import wait_for_comparison
from clearway_analytics.domain.revision import ParametersState
from clearway_platform.cli.api import Api, open_api
from clearway_platform.cli.client import Demo, Key, Url
from clearway_platform.cli.configuration import DataFolder, Misconfigured
from clearway_platform.cli.failures import FAILED, Commands
from clearway_platform.cli.listing import AsJson, cell, print_list, print_one, printable

PATH: Final = "/v1/risk-parameters"
# The risks of all routes are exchanged before it is answered.
ACTIVATE_SECONDS: Final = 600.0
PAGE: Final = 500

app: Final = typer.Typer(
    cls=Commands,
    help="Show and change the parameters of the risk model.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

ParametersId = Annotated[UUID, typer.Argument(help="Id of the parameters, as in the list.", show_default=False)]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until all routes are compared, and print the comparison.")]
Shown = Annotated[int, typer.Option("--limit", min=1, help="Maximum number of routes to print.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


@app.command("list")
def list_parameters(
    url: Url = None, key: Key = None, demo: Demo = False, data: DataFolder = None, as_json: AsJson = False
) -> None:
    """List all revisions, the newest first. It says which preset is for the present rate of incidents."""
    with _api(url, key, data, demo=demo) as api:
        pages = list(api.pages(PATH, limit=PAGE))
    found = [revision for page in pages for revision in page["items"]]
    print_list(found if as_json else [revision_row(one) for one in found], as_json=as_json, empty="")
    _say(hint_sentence(pages[0]["hint"]))


@app.command()
def show(
    parameters_id: ParametersId,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show one revision with every parameter."""
    with _api(url, key, data, demo=demo) as api:
        revision = api.get(_address(parameters_id)).body
    print_one(revision if as_json else revision_fields(revision), as_json=as_json)


@app.command()
def propose(
    preset: Annotated[
        Literal["sparse", "dense"] | None,
        typer.Option(help="sparse: at most two incidents a day; dense: ten or more.", show_default=False),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why they are to change. It stays on record.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="JSON with values that differ from the preset or, without a preset, from those in use. "
            "Its fields are those of POST /v1/risk-parameters, as /docs lists them.",
            show_default=False,
        ),
    ] = None,
    wait: Wait = False,
    limit: Shown = 20,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Propose parameters. The risks in use stay until the proposal is activated. Prints its id.

    The key must be an operator's or an administrator's.
    """
    proposal = _proposal(preset, reason, file)
    with _api(url, key, data, demo=demo) as api:
        proposed = api.post(PATH, proposal).body
        parameters_id = UUID(proposed["parameters_id"])
        if wait:
            with _going_on(parameters_id):
                _say(f"{title(proposed)} is proposed: {parameters_id}.")
                wait_for_comparison(api, _address(parameters_id))
            _print_comparison(api, parameters_id, limit, as_json=as_json)
            return
    if as_json:
        print_one(proposed, as_json=True)
        return
    typer.echo(parameters_id)
    _say(
        f"{title(proposed)} is proposed, and all routes are being compared. To see the comparison:\n"
        f"  clearway risk-parameters compare {parameters_id} --wait"
    )


@app.command()
def compare(
    parameters_id: ParametersId,
    wait: Wait = False,
    limit: Shown = 20,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Compare with the parameters in use. It shows each route before and after, those that change most first."""
    with _api(url, key, data, demo=demo) as api:
        if wait:
            with _going_on(parameters_id):
                wait_for_comparison(api, _address(parameters_id))
        _print_comparison(api, parameters_id, limit, as_json=as_json)


@app.command()
def activate(
    parameters_id: ParametersId,
    yes: Yes = False,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Bring proposed parameters into use. It says first how many routes change their band, and asks.

    The key must be an operator's or an administrator's.
    """
    _check_terminal(yes=yes)
    with _api(url, key, data, demo=demo) as api:
        seen = api.get(_address(parameters_id))
        # In any other state the API says why it refuses.
        if seen.body["state"] == ParametersState.COMPARED:
            _say(f"{title(seen.body)} was compared {cell(moment(seen.body['compared_at']))}.")
            _say(summary_sentence(seen.body["summary"]))
            _confirm("Bring it into use?", yes=yes)
        answer = api.post(f"{_address(parameters_id)}/activate", seen=seen.etag, seconds=ACTIVATE_SECONDS)
    _conclude(answer.body, f"{title(answer.body)} is in use.", as_json=as_json)


@app.command()
def discard(
    parameters_id: ParametersId,
    reason: Annotated[str, typer.Option(help="Reason. It stays on record.", show_default=False)],
    yes: Yes = False,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Discard proposed parameters. Those in use stay. It says first what is discarded, and asks.

    The key must be an operator's or an administrator's.
    """
    _check_terminal(yes=yes)
    with _api(url, key, data, demo=demo) as api:
        seen = api.get(_address(parameters_id))
        if seen.body["state"] in (ParametersState.REBUILDING, ParametersState.COMPARED):
            _say(f"{title(seen.body)} was proposed for this reason: {printable(seen.body['reason'])}")
            if seen.body["summary"] is not None:
                _say(summary_sentence(seen.body["summary"]))
            _confirm("Discard it?", yes=yes)
        answer = api.post(f"{_address(parameters_id)}/discard", {"reason": reason}, seen=seen.etag)
    _conclude(answer.body, f"{title(answer.body)} is discarded. The parameters in use stay.", as_json=as_json)


def _api(url: str | None, key: str | None, data: Path | None, *, demo: bool) -> AbstractContextManager[Api]:
    return open_api(url, key, data=data, demo=demo, service="analytics")


def _address(parameters_id: UUID) -> str:
    return f"{PATH}/{parameters_id}"


def _proposal(preset: str | None, reason: str | None, file: Path | None) -> Mapping[str, Any]:
    """What is sent: the file's fields, and the options in place of those of the same name."""
    if preset is None and file is None:
        raise Misconfigured("Name the parameters: --preset sparse, --preset dense or --file FILE.")
    options = {name: value for name, value in (("preset", preset), ("reason", reason)) if value is not None}
    proposal = {**(_read(file) if file is not None else {}), **options}
    if "reason" not in proposal:
        raise Misconfigured("Give the reason: --reason TEXT. It stays on record.")
    return proposal


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise Misconfigured(f"{file} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{file} is not text in UTF-8. Save it in UTF-8.") from error
    if not isinstance(found, dict):
        raise Misconfigured(f'{file} is not a JSON object. Example: {{"preset": "dense", "decay_days": 60}}.')
    return found


def _print_comparison(api: Api, parameters_id: UUID, limit: int, *, as_json: bool) -> None:
    routes: list[Mapping[str, Any]] = []
    for page in api.pages(f"{_address(parameters_id)}/comparison", limit=min(limit, PAGE)):
        routes += page["items"]
        if len(routes) >= limit:
            break
    summary, more = page["summary"], len(routes) > limit or page.get("next") is not None
    shown = routes[:limit]
    if as_json:
        about = {name: value for name, value in page.items() if name not in ("items", "next")}
        print_one({**about, "items": shown}, as_json=True)
    else:
        _say(summary_sentence(summary))
        if shown:
            print_list(comparison_rows(shown), as_json=False, empty="")
    if more:
        _say(f"Shown: {len(shown):,} of {summary['routes']:,} routes. --limit {summary['routes']} shows all.")


@contextmanager
def _going_on(parameters_id: UUID) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _say(
            "The computation continues without this command. To see the comparison:\n"
            f"  clearway risk-parameters compare {parameters_id}"
        )
        raise


def _check_terminal(*, yes: bool) -> None:
    """Found out before anything is asked of Clearway."""
    if not yes and not sys.stdin.isatty():
        raise Misconfigured("There is no terminal on which to confirm this. Add --yes to do it without confirmation.")


def _confirm(question: str, *, yes: bool) -> None:
    if not yes and not typer.confirm(question, err=True):
        _say("Nothing was changed.")
        raise typer.Exit(FAILED)


def _conclude(revision: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_one(revision, as_json=True)
    else:
        typer.echo(sentence)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
