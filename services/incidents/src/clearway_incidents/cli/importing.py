"""`clearway import …`: files of other systems into the record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import httpx
import stamina
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clearway_incidents.exchange.imports import awsd
from clearway_incidents.exchange.imports.importer import Importer
from clearway_incidents.exchange.imports.reading import Table, UnreadableFile
from clearway_incidents.exchange.imports.rows import Summary, UnusableRow
from clearway_incidents.exchange.imports.sending import Edition, ImportFailed, NothingProposed, RowReport, propose, send
from clearway_platform.cli.api import find_answering
from clearway_platform.cli.client import Access, Demo, Key, Url
from clearway_platform.cli.configuration import DataFolder
from clearway_platform.cli.failures import FAILED, Commands, fail
from clearway_platform.cli.listing import AsJson, print_list
from clearway_platform.cli.patience import Patient

TIMEOUT_SECONDS: Final = 60.0

_HELP: Final = """Import {title}. A second run changes nothing; a newer edition corrects incidents.
What it no longer has is proposed to be retracted (GET /v1/proposals).

The key must be an operator's or an administrator's. The exit code is 0 when rows were taken, 1 when none was or
the import could not go on, 2 when it could not begin.
"""


def app_of(importers: Iterable[Importer]) -> typer.Typer:
    """`clearway import`, with a command for each importer."""
    app = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None)

    @app.callback()
    def importing() -> None:
        """Import incidents from the files of other systems."""

    for importer in importers:
        app.command(name=importer.name, help=_HELP.format(title=importer.title))(_command_of(importer))
    return app


def _command_of(importer: Importer) -> Callable[..., None]:
    def run(
        file: Annotated[
            Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The CSV, of any edition.")
        ],
        url: Url = None,
        key: Key = None,
        demo: Demo = False,
        data: DataFolder = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check the file; send nothing.")] = False,
        rejects: Annotated[
            Path | None, typer.Option(help="Write the refused rows here, each with its reason.", show_default=False)
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        stamina.instrumentation.set_on_retry_hooks([_say_retry])
        table = _read(importer, file)
        access = None if dry_run else find_answering(url, key, data=data, demo=demo)
        _check_rejects(rejects)
        edition = _edition(importer, file, table)
        _import(importer, table, access, rejects, edition, as_json=as_json)
        if not table.rows:
            fail(f"{file} holds no rows.", FAILED)

    return run


def _edition(importer: Importer, file: Path, table: Table) -> Edition | None:
    """What the file says that there is; None for a source whose rows have no names."""
    column = importer.id_column
    if column is None:
        return None
    return Edition(importer.name, file.name, frozenset(row[column] for row in table.rows if row[column]))


def _import(
    importer: Importer,
    table: Table,
    access: Access | None,
    rejects: Path | None,
    edition: Edition | None,
    *,
    as_json: bool,
) -> None:
    """Send the usable rows, or only count them without an address; the command ends where none could be taken."""
    summary = Summary()
    reports = list(_usable(importer, table.rows, summary))
    problem: str | None = None
    try:
        if access is None:
            summary.results["usable"] = len(reports)
        else:
            _send(access, reports, summary, edition)
    except ImportFailed as error:
        problem = str(error)
    except KeyboardInterrupt:
        _say("Stopped. What was taken stays; run it again to go on.")
        raise
    finally:
        _conclude(summary, rejects, as_json=as_json)
    if problem is not None:
        fail(problem, FAILED)
    if table.rows and summary.results["refused"] == len(table.rows):
        fail("Every row was refused: nothing was imported. The reasons are above.", FAILED)


def _read(importer: Importer, file: Path) -> Table:
    try:
        table = importer.read(file)
    except UnreadableFile as error:
        fail(str(error))
    if table.encoding is not None:
        _say(f"{file} is not UTF-8. It is read as {table.encoding}, which Excel writes: check that names look right.")
    return table


def _check_rejects(path: Path | None) -> None:
    """Found out before anything is sent, not after it."""
    if path is not None and not path.parent.is_dir():
        fail(f"The folder {path.parent} for the refused rows does not exist. Make it, or name another.")
    if path is not None and path.is_dir():
        fail(f"{path} is a folder. Name a file for the refused rows.")


def _usable(importer: Importer, rows: Iterable[dict[str, str]], summary: Summary) -> Iterator[RowReport]:
    for row in rows:
        try:
            yield RowReport(row, importer.report_of(row))
        except UnusableRow as reason:
            summary.refuse(row, str(reason))


def _send(access: Access, reports: list[RowReport], summary: Summary, edition: Edition | None) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # On standard error, and only on a terminal: a file or a program that reads the output has no use for it.
    console = Console(stderr=True)
    with (
        httpx.Client(
            base_url=access.url,
            headers=access.headers,
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            transport=Patient(),
        ) as client,
        Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as progress,
    ):
        task = progress.add_task("Importing", total=len(reports))
        send(client, reports, summary, lambda count: progress.advance(task, count))
        # Where every row was refused, the file says little about the record.
        if edition is not None and edition.ids and sum(summary.results.values()) > summary.results["refused"]:
            _propose(client, edition, summary)


def _propose(client: httpx.Client, edition: Edition, summary: Summary) -> None:
    """Propose to retract what the file no longer has; said where it is hardly a whole edition."""
    try:
        summary.results["gone, proposed to be retracted"] = propose(client, edition)["proposed"]
    except NothingProposed as reason:
        _say(f"Rows that are gone were not looked for. {reason}")


def _conclude(summary: Summary, rejects: Path | None, *, as_json: bool) -> None:
    """Print how many rows had which result, and why rows were refused."""
    rows = [{"rows": count, "result": result} for result, count in sorted(summary.results.items()) if count]
    rows += [{"rows": count, "result": f"refused: {reason}"} for reason, count in summary.reasons.most_common(20)]
    if rows or as_json:
        print_list(rows, as_json=as_json, empty="")
    if rejects is not None and summary.rejects:
        summary.write_rejects(rejects)
        _say(f"The refused rows are in {rejects}.")


def _say_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Said once: what comes after it is the same."""
    if details.retry_num == 1:
        _say("Clearway does not answer. Retrying a few times ...")


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


# Every importer there is. A new one is an entry here.
app: Final = app_of((awsd.IMPORTER,))
