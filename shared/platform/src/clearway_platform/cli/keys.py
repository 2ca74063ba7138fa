"""`clearway keys`: create, list and revoke API keys."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from clearway_contracts.handling import organisation_key
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import CEILINGS, Role
from clearway_platform.auth.roles import roles_text
from clearway_platform.cli.configuration import DataFolder, Misconfigured, read_settings
from clearway_platform.cli.data_folder import prepare, require_database
from clearway_platform.cli.failures import fail
from clearway_platform.cli.listing import AsJson, print_list, printable
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import bring_up_to_date
from clearway_platform.service import installed_services, permissions_of

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


class _WithRoles(TyperCommand):
    """A command whose help lists what each role may do. The services declare it, and are loaded for the help alone."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        # \b: the help keeps the lines of the roles as they are.
        said = roles_text(permissions_of(installed_services().values()))
        self.epilog = said.replace("\n\n", "\n\n\b\n")
        super().format_help(ctx, formatter)


@app.command(cls=_WithRoles)
def create(
    mission: Annotated[str, typer.Option(help="Mission. The key gives no access to any other mission.")],
    role: Annotated[Role, typer.Option(help="Role of the key: see below.")],
    name: Annotated[str, typer.Option(help="Name of the key, for the list.")] = "",
    person: Annotated[
        str | None,
        typer.Option(
            help="The person who holds it, written the same for all their keys of the mission. Keys of one person are "
            "one principal: none of them can confirm or verify what another one reported.",
            show_default=False,
        ),
    ] = None,
    tlp: Annotated[
        Tlp | None,
        typer.Option(help="Highest TLP that it reads whole. By default that of the role.", show_default=False),
    ] = None,
    classification: Annotated[
        Classification | None,
        typer.Option(help="Highest classification that it reads. By default that of the role.", show_default=False),
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option(
            help="The organisation of its holder: of what is releasable to named organisations alone, the key reads "
            "what names this one. `*` reads all. By default that of the role.",
            show_default=False,
        ),
    ] = None,
    new_mission: Annotated[
        bool, typer.Option("--new-mission", help="Confirm that this is the first key of a new mission.")
    ] = False,
    data: DataFolder = None,
) -> None:
    """Create a key and print it. Its secret is not stored and cannot be shown again."""
    limits = _Limits(tlp, classification, organisation)
    asyncio.run(_create(mission, role, name or role.value, person, limits, data, new_mission=new_mission))


@dataclass(frozen=True, slots=True)
class _Limits:
    """What is said of a new key's ceiling."""

    tlp: Tlp | None
    classification: Classification | None
    organisation: str | None

    def ceiling(self, role: Role) -> Ceiling | None:
        """None where nothing is said: the ceiling is that of the role, also when a later version changes it.
        Raises ValueError for an organisation without a name."""
        if self.organisation is not None and not organisation_key(self.organisation):
            raise ValueError("the organisation has no name: leave the option out for that of the role")
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(CEILINGS[role], **said) if said else None


async def _create(
    mission: str,
    role: Role,
    name: str,
    person: str | None,
    limits: _Limits,
    data: Path | None,
    *,
    new_mission: bool,
) -> None:
    async with _directory(data, create=True) as keys:
        known = sorted({record.principal.mission for record in await keys.list()})
        if mission not in known and not new_mission:
            _confirm(mission, known)
        try:
            issued = await keys.create(mission, role, name, person, limits.ceiling(role))
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    typer.echo(issued.token)


def _confirm(mission: str, known: list[str]) -> None:
    """The first key creates a mission: a mistyped name would create a mission without other members."""
    nearest = get_close_matches(mission, known, n=1)
    others = f"Did you mean {nearest[0]}?" if nearest else f"Missions with keys: {', '.join(known) or 'none'}."
    sentence = f"Mission {printable(mission)!r} has no key yet. {others}"
    if not sys.stdin.isatty():
        raise Misconfigured(f"{sentence} For a new mission, add --new-mission.")
    if not typer.confirm(f"{sentence} Create this new mission?", err=True):
        raise typer.Exit(1)


@app.command("list")
def list_keys(
    mission: Annotated[str | None, typer.Option(help="Only keys of this mission.", show_default=False)] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List the keys, without their secrets."""

    async def work() -> None:
        async with _directory(data) as keys:
            records = await keys.list(mission)
        rows = [
            {
                "key": record.principal.id,
                "mission": record.principal.mission,
                "role": record.principal.role.value,
                "name": record.principal.name,
                "person": record.principal.person,
                "tlp": record.principal.ceiling.tlp.value,
                "classification": record.principal.ceiling.classification.value,
                "organisation": record.principal.ceiling.organisation,
                "created": record.created_at,
                "revoked": record.revoked_at,
            }
            for record in records
        ]
        print_list(rows, as_json=as_json, empty="There is no key" + (f" of mission {mission}." if mission else "."))

    asyncio.run(work())


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key, from `clearway keys list`.")], data: DataFolder = None
) -> None:
    """Revoke a key. It is refused from now on, and its streams end within seconds."""

    async def work() -> bool:
        async with _directory(data) as keys:
            return await keys.revoke(key_id)

    if not asyncio.run(work()):
        fail(f"There is no active key {printable(key_id)!r}. Run `clearway keys list` to see all keys.", 1)
    typer.echo("Revoked.")


@asynccontextmanager
async def _directory(data: Path | None, *, create: bool = False) -> AsyncIterator[SqlKeyDirectory]:
    settings = read_settings(data_dir=data)
    if create:
        prepare(settings, ["keys"], keeps_files=False)
    else:
        require_database(settings, "keys", "`clearway keys create` creates the first key.")
    url = settings.database_url("keys")
    await bring_up_to_date("keys", url, MIGRATIONS)
    database = Database(url, pool_size=1)
    try:
        yield SqlKeyDirectory(database, SystemClock())
    finally:
        await database.close()
