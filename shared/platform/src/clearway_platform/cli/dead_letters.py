"""`clearway dead-letters`: list, show, replay and discard messages that a consumer could not process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic_core import to_json

from clearway_platform.auth.ceilings import UNLIMITED
from clearway_platform.cli.configuration import read_settings
from clearway_platform.cli.listing import AsJson, print_list, print_one, printable
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database, async_url
from clearway_platform.messaging.dead_letter_contents import contents_of
from clearway_platform.messaging.dead_letters import (
    WAITING,
    DeadLetter,
    DeadLetters,
    DeadLetterState,
    Decided,
    NoSuchLetter,
)
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.service import service_names

Result = TypeVar("Result")
Work = Callable[[DeadLetters, Database], Awaitable[Result]]

app = typer.Typer(help="List, show, replay and discard dead letters.", no_args_is_help=True)

ServiceName = Annotated[str | None, typer.Option(help="Service; by default every installed service.")]
LetterId = Annotated[UUID, typer.Argument(help="Id of the dead letter, as in the list.", show_default=False)]
State = Annotated[DeadLetterState | None, typer.Option(help="Only this state; by default dead and replaying.")]
_WRONG_USE: Final = 2
_DECIDES: Final = "an operator decides on a dead letter by its id alone"


@app.command("list")
def list_letters(
    service: ServiceName = None,
    state: State = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number for each service.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters of all missions, the latest failure first. By default those that wait for a decision."""
    states = WAITING if state is None else (state,)
    found: list[Mapping[str, Any]] = []
    for name in _chosen(service):
        letters = _run(name, lambda letters, _: letters.list(states=states, limit=limit))
        found += [_row(name, letter) for letter in letters]
    print_list(found, as_json=as_json, empty="No dead letters.")


@app.command()
def show(
    letter_id: LetterId,
    service: ServiceName = None,
    restricted: Annotated[
        bool, typer.Option("--restricted", help="Show narratives, nine-line reports and contacts too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a dead letter with its event. Restricted fields are hidden; their names are listed."""

    async def work(letters: DeadLetters, _database: Database) -> DeadLetter | None:
        return await letters.get(letter_id)

    for name in _chosen(service):
        if (letter := _run(name, work)) is not None:
            _print_letter(name, letter, restricted=restricted, as_json=as_json)
            return
    _end(f"There is no dead letter {letter_id}. Run `clearway dead-letters list` to see all ids.")


@app.command()
def replay(letter_id: LetterId, service: ServiceName = None) -> None:
    """Let the consumer process the message again. Repeating the command has no further effect."""

    async def work(letters: DeadLetters, database: Database) -> None:
        async with database.of_every_mission(_DECIDES).write() as transaction:
            await letters.replay(transaction, letter_id)

    _decide(letter_id, service, work)
    typer.echo("The consumer processes it again within seconds. `clearway dead-letters show` shows the result.")


@app.command()
def discard(
    letter_id: LetterId,
    reason: Annotated[str, typer.Option(help="Reason. It stays on record.", show_default=False)],
    service: ServiceName = None,
) -> None:
    """Discard the message: it is never processed. The reason stays on record."""

    async def work(letters: DeadLetters, database: Database) -> None:
        async with database.of_every_mission(_DECIDES).write() as transaction:
            await letters.discard(transaction, letter_id, reason)

    if not reason.strip():
        _end("Give the reason: --reason TEXT.", code=_WRONG_USE)
    _decide(letter_id, service, work)
    typer.echo("Discarded.")


def _decide(letter_id: UUID, service: str | None, work: Work[None]) -> None:
    """Decide in the service that has the dead letter. Ends the command if none has, or it was decided already."""
    for name in _chosen(service):
        try:
            _run(name, work)
        except NoSuchLetter:
            continue
        except Decided as error:
            _end(f"{letter_id} was decided already: {error}.")
        return
    _end(f"There is no dead letter {letter_id}. Run `clearway dead-letters list` to see all ids.")


def _chosen(service: str | None) -> Sequence[str]:
    """The named service, or every service whose database is here."""
    installed, settings = service_names(), read_settings()
    if service is not None and service not in installed:
        _end(f"Service {service!r} is not installed. Installed: {', '.join(installed)}.", code=_WRONG_USE)
    found = [name for name in ([service] if service else installed) if _is_there(settings.database_url(name))]
    if not found:
        _end(
            f"The data folder {settings.data_dir} has no database of {service or 'any service'}. "
            "Set CLEARWAY_DATA_DIR or CLEARWAY_…_DATABASE_URL.",
            code=_WRONG_USE,
        )
    return found


def _is_there(url: str) -> bool:
    """Whether the database exists: opening it would create the file."""
    database = async_url(url)
    return database.get_backend_name() != "sqlite" or Path(database.database or "").is_file()


def _run(service: str, work: Work[Result]) -> Result:
    async def run() -> Result:
        async with _letters(service) as (letters, database):
            return await work(letters, database)

    return asyncio.run(run())


@asynccontextmanager
async def _letters(service: str) -> AsyncIterator[tuple[DeadLetters, Database]]:
    clock = SystemClock()
    database = Database(read_settings().database_url(service), pool_size=1)
    try:
        yield DeadLetters(database, Outbox(clock), clock), database
    finally:
        await database.close()


def _row(service: str, letter: DeadLetter) -> dict[str, Any]:
    return {
        "letter_id": letter.id,
        "service": service,
        "state": letter.state,
        "mission": letter.mission,
        "event_type": letter.type,
        "subject": letter.subject,
        "from": f"{letter.topic}/{letter.partition}@{letter.offset}",
        "attempts": letter.attempts,
        "failed_at": letter.failed_at,
        "error": letter.error,
    }


def _print_letter(service: str, letter: DeadLetter, *, restricted: bool, as_json: bool) -> None:
    contents = contents_of(letter.record, UNLIMITED, restricted=restricted)
    row = _row(service, letter) | {"reason": letter.reason, "changed_at": letter.changed_at}
    event = {"headers": contents.headers, "hidden": list(contents.hidden), "event": contents.data}
    if as_json:
        typer.echo(to_json(row | event, indent=2))
        return
    print_one(row | {"hidden": contents.hidden}, as_json=False)
    for title, part in (("headers", contents.headers), ("event", contents.data)):
        typer.echo(f"\n{title}")
        for line in json.dumps(part, indent=2, ensure_ascii=False).splitlines():
            typer.echo(printable(line))


def _end(message: str, *, code: int = 1) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
