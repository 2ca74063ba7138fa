"""`clearway import …`: files of other systems into the record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from clearway_incidents.importers import awsd
from clearway_incidents.importers.rows import Tally, UnusableRow
from clearway_incidents.importers.sending import ImportFailed, Report, send
from clearway_shared.cli.client import DEFAULT_URL, Key, Url, authorization

TIMEOUT_SECONDS: Final = 60.0

import_app: Final = typer.Typer(help="Import incidents from the files of other systems.", no_args_is_help=True)


@import_app.callback()
def importing() -> None:
    """Import incidents from the files of other systems."""


@import_app.command(name="awsd")
def import_awsd(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The CSV, of any edition.")],
    url: Url = DEFAULT_URL,
    key: Key = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check the file; send nothing.")] = False,
    rejects: Annotated[Path | None, typer.Option(help="Write the refused rows here, each with its reason.")] = None,
) -> None:
    """Import the Aid Worker Security Database. A second run changes nothing; a newer edition becomes corrections.

    The key must be an operator's or an administrator's.
    """
    console, tally = Console(), Tally()
    headers = {} if dry_run else authorization(key)
    try:
        rows = list(awsd.read(file))
        reports = list(_usable(rows, tally))
        if dry_run:
            tally.outcomes["usable"] = len(reports)
        else:
            _send(console, url, headers, reports, tally)
    except (ImportFailed, ValueError, httpx.InvalidURL) as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error
    finally:
        _conclude(console, tally, rejects)


def _usable(rows: list[dict[str, str]], tally: Tally) -> Iterator[Report]:
    for row in rows:
        try:
            yield Report(row, awsd.report_of(row))
        except UnusableRow as reason:
            tally.refuse(row, str(reason))


def _send(console: Console, url: str, headers: dict[str, str], reports: list[Report], tally: Tally) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False) as client,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("Importing", total=len(reports))
        send(client, reports, tally, lambda count: progress.advance(task, count))


def _conclude(console: Console, tally: Tally, rejects: Path | None) -> None:
    """What became of the rows, and why some were refused."""
    table = Table("Rows", "Count")
    for outcome, count in sorted(tally.outcomes.items()):
        table.add_row(outcome, str(count))
    for reason, count in tally.reasons.most_common(20):
        table.add_row(f"  refused: {reason}", str(count))
    console.print(table)
    if rejects is not None:
        tally.write_rejects(rejects)
        console.print(f"The refused rows are in {rejects}.")
