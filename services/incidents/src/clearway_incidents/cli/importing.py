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

from clearway_incidents.exchange.imports.importer import Importer
from clearway_incidents.exchange.imports.mapped_csv import UnusableMapping, importer_of, read_map
from clearway_incidents.exchange.imports.reading import Table, UnreadableFile
from clearway_incidents.exchange.imports.registry import IMPORTERS
from clearway_incidents.exchange.imports.rows import LeftOut, Summary, UnusableRow
from clearway_incidents.exchange.imports.sending import Edition, ImportFailed, NothingProposed, RowReport, propose, send
from clearway_platform.cli.api import find_answering
from clearway_platform.cli.client import Access, Demo, Key, Url
from clearway_platform.cli.configuration import DataFolder
from clearway_platform.cli.failures import FAILED, Commands, fail
from clearway_platform.cli.listing import AsJson, print_list
from clearway_platform.cli.patience import Patient

TIMEOUT_SECONDS: Final = 60.0

# The command for a file that a mapping describes.
MAPPED: Final = "csv"
_OWN_FILE: Final = "a table of your own, by a mapping of its columns"

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The CSV, of any edition.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and check the file; send nothing.")]
Rejects = Annotated[
    Path | None, typer.Option(help="Write the refused rows here, each with its reason.", show_default=False)
]

_HELP: Final = """Import {title}. A second run changes nothing; a newer edition corrects incidents.
What it no longer has is proposed to be retracted (GET /v1/proposals).

The key must be an operator's or an administrator's. The exit code is 0 when rows were taken, 1 when none was or
the import could not go on, 2 when it could not begin.
"""


def app_of(importers: Iterable[Importer]) -> typer.Typer:
    """`clearway import`, with a command for each importer, and one for files that a mapping describes."""
    app = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None)
    known = tuple(importers)

    @app.callback(invoke_without_command=True)
    def importing(
        listed: Annotated[bool, typer.Option("--list", help="List what can be imported, and end.")] = False,
    ) -> None:
        """Import incidents from the files of other systems."""
        if listed:
            _list(known)
            raise typer.Exit

    for importer in known:
        app.command(name=importer.name, help=_HELP.format(title=importer.title))(_command_of(importer))
    app.command(name=MAPPED, help=_HELP.format(title=_OWN_FILE))(import_mapped)
    return app


def _list(importers: Iterable[Importer]) -> None:
    rows = [{"name": one.name, "imports": one.title, "columns": ", ".join(sorted(one.columns))} for one in importers]
    rows.append({"name": MAPPED, "imports": _OWN_FILE, "columns": "those that the mapping names"})
    print_list(rows, as_json=False, empty="")


def _command_of(importer: Importer) -> Callable[..., None]:
    def run(
        file: File,
        url: Url = None,
        key: Key = None,
        demo: Demo = False,
        data: DataFolder = None,
        dry_run: DryRun = False,
        rejects: Rejects = None,
        as_json: AsJson = False,
    ) -> None:
        _run(importer, file, lambda: find_answering(url, key, data=data, demo=demo), dry_run, rejects, as_json)

    return run


def import_mapped(
    file: File,
    mapping: Annotated[
        Path,
        typer.Option(
            exists=True, dir_okay=False, readable=True, help="TOML that says what its columns and words mean."
        ),
    ],
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    as_json: AsJson = False,
) -> None:
    """The command for a file that no importer knows."""
    try:
        importer = importer_of(read_map(mapping))
    except UnusableMapping as error:
        fail(str(error))
    _run(importer, file, lambda: find_answering(url, key, data=data, demo=demo), dry_run, rejects, as_json)


def _run(
    importer: Importer,
    file: Path,
    find: Callable[[], Access],
    dry_run: bool,
    rejects: Path | None,
    as_json: bool,
) -> None:
    stamina.instrumentation.set_on_retry_hooks([_say_retry])
    table = _read(importer, file)
    access = None if dry_run else find()
    _check_rejects(rejects)
    edition = Edition(importer.name, file.name, importer.comes_in_parts)
    _import(importer, table, access, rejects, edition, as_json=as_json)


def _import(
    importer: Importer,
    table: Table,
    access: Access | None,
    rejects: Path | None,
    edition: Edition,
    *,
    as_json: bool,
) -> None:
    """Send the usable rows, or only count them without an address; the command ends where none could be taken."""
    summary = Summary()
    reports = _usable(importer, table.rows, summary, edition)
    problem: str | None = None
    try:
        if access is None:
            summary.results["usable"] = sum(1 for _report in reports)
        else:
            _send(access, reports, len(table.rows), summary, edition)
    except (ImportFailed, UnreadableFile) as error:
        problem = str(error)
    except KeyboardInterrupt:
        _say("Stopped. What was taken stays; run it again to go on.")
        raise
    finally:
        _conclude(summary, rejects, as_json=as_json)
    if problem is not None:
        fail(problem, FAILED)
    if not summary.results.total():
        fail(f"{edition.name} holds no rows.", FAILED)
    if summary.results["refused"] == summary.results.total():
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


def _usable(
    importer: Importer, rows: Iterable[dict[str, str]], summary: Summary, edition: Edition
) -> Iterator[RowReport]:
    """The reports of the rows. The others are counted, and the edition is told of all of them."""
    for row in rows:
        if importer.id_column is not None and row[importer.id_column]:
            edition.ids.add(row[importer.id_column])
        try:
            report = importer.report_of(row)
        except LeftOut as what:
            summary.leave_out(str(what))
        except UnusableRow as reason:
            summary.refuse(row, str(reason))
        else:
            edition.note(report)
            yield RowReport(row, report)


def _send(access: Access, reports: Iterable[RowReport], count: int, summary: Summary, edition: Edition) -> None:
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
        task = progress.add_task("Importing", total=count)
        send(client, reports, summary, lambda: progress.update(task, completed=summary.results.total()))
        # Where every row was refused, the file says little about the record.
        if edition.ids and edition.has_reports and summary.results.total() > summary.results["refused"]:
            _propose(client, edition, summary)


def _propose(client: httpx.Client, edition: Edition, summary: Summary) -> None:
    """Propose to retract what the file no longer has; said where it is hardly a whole edition."""
    try:
        summary.results["gone, proposed to be retracted"] = propose(client, edition)
    except NothingProposed as reason:
        _say(f"Rows that are gone were not looked for. {reason}")


def _conclude(summary: Summary, rejects: Path | None, *, as_json: bool) -> None:
    """Print how many rows had which result, and why rows were refused."""
    rows = [{"rows": count, "result": result} for result, count in sorted(summary.results.items()) if count]
    rows += [{"rows": count, "result": f"refused: {reason}"} for reason, count in summary.reasons.most_common(20)]
    if rows or as_json:
        print_list(rows, as_json=as_json, empty="")
    if summary.withheld:
        _say(f"Rows with a text that is under review: {summary.withheld}. `clearway texts list` shows them.")
    if rejects is not None and summary.rejects:
        summary.write_rejects(rejects)
        _say(f"The refused rows are in {rejects}.")


def _say_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Said once: what comes after it is the same."""
    if details.retry_num == 1:
        _say("Clearway does not answer. Retrying a few times ...")


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


app: Final = app_of(IMPORTERS)
