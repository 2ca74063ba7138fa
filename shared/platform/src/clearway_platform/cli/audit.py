"""`clearway audit`: read the audit, check it, and decide about its checkpoints."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from clearway_platform.audit.reading import Wanted, records
from clearway_platform.audit.records import RecordKind
from clearway_platform.audit.source import AuditChains
from clearway_platform.checkpoints.accepting import Accepting
from clearway_platform.checkpoints.checking import DATABASE, Check, Report
from clearway_platform.checkpoints.judging import judge, parse, trusted_keys
from clearway_platform.checkpoints.places.opening import open_place, places_of
from clearway_platform.checkpoints.places.place import Place, PlaceError
from clearway_platform.checkpoints.signing import BadKey, PublicKey, SigningKey, key_file, signing_key
from clearway_platform.checkpoints.statement import Signed
from clearway_platform.checkpoints.states import Chains
from clearway_platform.cli.configuration import DataFolder, Misconfigured, read_settings
from clearway_platform.cli.data_folder import require_database
from clearway_platform.cli.failures import fail
from clearway_platform.cli.listing import AsJson, print_list, print_one
from clearway_platform.cli.people import this_user
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.service import installed_services
from clearway_platform.settings import Settings

app = typer.Typer(help="Read and check the audit.", no_args_is_help=True)

TAMPERED: Final = 3
Result = TypeVar("Result")
_KEYS: Final = "keys"

Places = Annotated[
    list[str] | None,
    typer.Option(
        "--place",
        help="Where checkpoints are kept: a file, or s3://bucket/prefix. Several may be named, the most trusted first; "
        "by default those of the settings.",
        show_default=False,
    ),
]
PublicKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--public-key",
        help="A key that is trusted, as `clearway audit public-key` printed it; by default that of the signing key.",
        show_default=False,
    ),
]


@app.command()
def verify(
    place: Places = None, public_key: PublicKeys = None, as_json: AsJson = False, data: DataFolder = None
) -> None:
    """Name the first record that is wrong in each chain. It checks every checkpoint too, and only reads. It ends with 0
    when all is whole, and with 3 when something was tampered with."""
    settings = read_settings(data_dir=data)

    async def work() -> Report:
        async with _opened(settings, place, public_key) as audit:
            return await audit.check.everything()

    report = _run(work)
    if as_json:
        print_one(_plain(report), as_json=True)
    else:
        _print(report)
    if report.findings:
        raise typer.Exit(TAMPERED)


@app.command("list")
def list_records(
    mission: Annotated[str, typer.Option(help="The mission; `*` is what belongs to none.")],
    kind: Annotated[RecordKind | None, typer.Option(help="Only records of this kind.", show_default=False)] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this key did, by its id.", show_default=False)] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The most records, the last ones.")] = 100,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List the records of a mission, the last one first."""
    settings = read_settings(data_dir=data)

    async def work() -> None:
        async with _keys_database(settings) as database:
            found = await records(database, mission, Wanted(kind, actor, subject), before=None, limit=limit)
        rows = [
            {
                "number": one.sequence,
                "at": one.entry.at,
                "kind": str(one.entry.kind),
                "actor": one.entry.actor,
                "subject": one.entry.subject,
                "request": one.entry.request_id,
                "detail": dict(one.entry.detail) if as_json else _text(one.entry.detail),
            }
            for one in found
        ]
        print_list(rows, as_json=as_json, empty="There is no record.")

    _run(work)


@app.command("public-key")
def public_key(data: DataFolder = None) -> None:
    """Print the public key of the signing key. Keep it outside of the server: `verify` asks for it there."""
    typer.echo(_needed(read_settings(data_dir=data)).public.text)


@app.command("make-key")
def make_key(file: Annotated[Path, typer.Argument(help="A new file, for its owner alone.")]) -> None:
    """Make a signing key, and print its public key."""
    key = SigningKey.make()
    try:
        key.write(file)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be written: {error.strerror}. Name a new file.") from error
    typer.echo(key.public.text)


@app.command("rotate-key")
def rotate_key(
    new: Annotated[
        Path | None,
        typer.Option(
            "--new",
            help="The file of the new key, which you then put in place of the old one. By default a new key is made, "
            "and takes the place of the file in the settings.",
            show_default=False,
        ),
    ] = None,
    data: DataFolder = None,
) -> None:
    """Change the signing key. A checkpoint that both keys sign says so, and who trusts one of them trusts the other."""
    settings = read_settings(data_dir=data)
    old, file = _needed(settings), key_file(settings)
    if new is None and file is None:
        raise Misconfigured("The signing key is in the environment: make one with `clearway audit make-key`, name it.")
    following = SigningKey.make() if new is None else _read_key(new)

    async def work() -> int:
        async with _opened(settings, None, None) as audit:
            return (await audit.accepting().change_key(old, following)).statement.sequence

    number = _run(work)
    if new is None and file is not None:
        # Beside it and renamed: whoever reads it finds the one or the other.
        following.write(file.with_name(f"{file.name}.new"))
        file.with_name(f"{file.name}.new").replace(file)
    typer.echo(f"Checkpoint {number} hands over to the key {following.public.id}. Its public key:")
    typer.echo(following.public.text)


@app.command()
def adopt(
    reason: Annotated[str, typer.Option(help="Why the chains differ, as in: restored the backup of 1 May.")],
    place: Places = None,
    public_key: PublicKeys = None,
    data: DataFolder = None,
) -> None:
    """Accept the chains as they are, after a restore. Stop Clearway first. The audit and the next checkpoint say who
    did it, and why; what is found then is no longer reported."""
    settings = read_settings(data_dir=data)
    key = _needed(settings)
    if not reason.strip():
        raise typer.BadParameter("Say why.")

    async def work() -> tuple[Report, Signed]:
        async with _opened(settings, place, public_key) as audit:
            report = await audit.check.everything()
            return report, await audit.accepting().adopt(key, report, await audit.known(), reason.strip())

    report, made = _run(work)
    for one in report.findings:
        typer.echo(f"  {one.chain} {one.mission or ''}: {one.fault}: {one.said}")
    typer.echo(f"Checkpoint {made.statement.sequence} accepts the chains as they are.")


@dataclass(frozen=True, slots=True)
class _Audit:
    """What the commands work on."""

    check: Check

    def accepting(self) -> Accepting:
        return Accepting(self.check.database, self.check.chains, SystemClock(), this_user())

    async def known(self) -> Sequence[Signed]:
        """The checkpoints at the place that has most of them."""
        found: Sequence[Signed] = ()
        for place in self.check.places:
            lines = await place.read()
            if lines is None:
                continue
            keys = trusted_keys(self.check.keys, parse(place.name, lines)[0])
            own = judge(place.name, lines, keys).checkpoints
            found = max(found, own, key=len)
        return found


@asynccontextmanager
async def _opened(
    settings: Settings, places: Sequence[str] | None, keys: Sequence[str] | None
) -> AsyncIterator[_Audit]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(_keys_database(settings))
        chains = [Chains(AuditChains(), database)]
        for service in installed_services().values():
            if service.chains is not None:
                require_database(settings, service.name, "")
                own = Database(settings.database_url(service.name), pool_size=2)
                stack.push_async_callback(own.close)
                chains.append(Chains(service.chains, own))
        yield _Audit(Check(database, chains, _places(settings, places), _trusted(settings, keys)))


@asynccontextmanager
async def _keys_database(settings: Settings) -> AsyncIterator[Database]:
    require_database(settings, _KEYS, "")
    database = Database(settings.database_url(_KEYS), pool_size=2)
    try:
        yield database
    finally:
        await database.close()


def _places(settings: Settings, named: Sequence[str] | None) -> Sequence[Place]:
    try:
        return [open_place(address) for address in named] if named else places_of(settings)
    except ValueError as error:
        raise Misconfigured(str(error)) from error


def _trusted(settings: Settings, given: Sequence[str] | None) -> Sequence[PublicKey]:
    try:
        if given:
            return [PublicKey.parse(text) for text in given]
        key = signing_key(settings, make=False)
    except BadKey as error:
        raise Misconfigured(str(error)) from error
    if key is None:
        raise Misconfigured("There is no signing key here: name the public key with --public-key.")
    return [key.public]


def _needed(settings: Settings) -> SigningKey:
    try:
        key = signing_key(settings, make=False)
    except BadKey as error:
        raise Misconfigured(str(error)) from error
    if key is None:
        raise Misconfigured(
            "There is no signing key yet. Make one with `clearway audit make-key`, and name it in "
            "CLEARWAY_AUDIT_SIGNING_KEY_FILE."
        )
    return key


def _read_key(file: Path) -> SigningKey:
    try:
        return SigningKey.read(file)
    except BadKey as error:
        raise Misconfigured(str(error)) from error


def _run(work: Callable[[], Awaitable[Result]]) -> Result:
    async def begun() -> Result:
        return await work()

    try:
        return asyncio.run(begun())
    except PlaceError as error:
        fail(f"A place of checkpoints does not answer. {error}", code=1)


def _print(report: Report) -> None:
    for one in report.places:
        known = "cannot be read back" if one.last is None else f"checkpoints up to {one.last}"
        typer.echo(f"{'the database' if one.place == DATABASE else one.place}: {one.problem or known}")
    for statement in report.statements:
        if statement.adopted:
            typer.echo(f"Checkpoint {statement.sequence} accepts a difference ({statement.by}): {statement.reason}")
    if not report.findings:
        typer.echo(f"Whole: {report.chains} chains.")
        return
    typer.echo(f"Tampered with ({report.chains} chains were checked):")
    for found in report.findings:
        number = "" if found.sequence is None else f" {found.sequence}"
        of_mission = f" of mission {found.mission}" if found.mission is not None else ""
        typer.echo(f"  {found.chain}{of_mission}: record{number} {found.fault}: {found.said}")


def _plain(report: Report) -> dict[str, object]:
    return {
        "whole": not report.findings,
        "chains": report.chains,
        "places": [{"place": one.place, "last": one.last, "problem": one.problem} for one in report.places],
        "findings": [one.plain() for one in report.findings],
    }


def _text(detail: object) -> str | None:
    if not isinstance(detail, dict) or not detail:
        return None
    return ", ".join(f"{name}={value}" for name, value in detail.items())
