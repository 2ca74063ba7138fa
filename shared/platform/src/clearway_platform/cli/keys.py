"""`clearway keys`: create, list, rotate and revoke API keys."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.changes import NotReplaceable
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import KeyRecord, KeyTerms, Role
from clearway_platform.auth.roles import roles_text
from clearway_platform.cli.configuration import DataFolder, Misconfigured, read_settings
from clearway_platform.cli.data_folder import prepare, require_database
from clearway_platform.cli.failures import fail
from clearway_platform.cli.key_terms import Expires, Limits, moment_of, span_of, terms_of
from clearway_platform.cli.listing import AsJson, print_list, printable
from clearway_platform.cli.people import this_user
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.upgrading import bring_up_to_date
from clearway_platform.service import installed_services, permissions_of

app = typer.Typer(help="Create, list, rotate and revoke API keys.", no_args_is_help=True)


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
            help="The person who owns it, written the same for all their keys of the mission. Keys of one person are "
            "one principal: none of them can confirm or verify what another one reported.",
            show_default=False,
        ),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(
            help="The system that owns it, instead of a person. Keys of one system are one principal.",
            show_default=False,
        ),
    ] = None,
    expires: Expires = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="Limit it to this permission of its role; repeat it for several. By default all of them.",
            show_default=False,
        ),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(
            help="Accept it from this network alone, as 10.20.0.0/16; repeat it for several. By default from all.",
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
    limits = Limits(tlp, classification, organisation)
    terms = terms_of(role, system, moment_of(expires, SystemClock().now()), scope or [], network or [])
    asyncio.run(_create(mission, role, name or role.value, person, limits, terms, data, new_mission=new_mission))


async def _create(
    mission: str,
    role: Role,
    name: str,
    person: str | None,
    limits: Limits,
    terms: KeyTerms,
    data: Path | None,
    *,
    new_mission: bool,
) -> None:
    async with _directory(data, create=True) as keys:
        known = sorted({record.principal.mission for record in await keys.list()})
        if mission not in known and not new_mission:
            _confirm(mission, known)
        try:
            issued = await keys.create(mission, role, name, person, limits.ceiling(role), terms)
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
    """List the keys, without their secrets. It shows their owners, limits, last use and end."""

    async def work() -> None:
        async with _directory(data) as keys:
            records = await keys.list(mission)
        rows = [_listed(record, SystemClock().now()) for record in records]
        print_list(rows, as_json=as_json, empty="There is no key" + (f" of mission {mission}." if mission else "."))

    asyncio.run(work())


def _listed(record: KeyRecord, now: datetime) -> dict[str, Any]:
    principal = record.principal
    return {
        "key": principal.id,
        "mission": principal.mission,
        "role": principal.role.value,
        "name": principal.name,
        "state": record.state(now).value,
        "person": principal.person,
        "system": principal.system,
        "tlp": principal.ceiling.tlp.value,
        "classification": principal.ceiling.classification.value,
        "organisation": principal.ceiling.organisation,
        "scopes": None if principal.scopes is None else sorted(principal.scopes),
        "networks": list(principal.networks),
        "created": record.created_at,
        "last_used": record.last_used_at,
        "expires": principal.expires_at,
        "revoked": record.revoked_at,
        "replaced_by": principal.successor,
    }


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="Id of the key, from `clearway keys list`.")],
    overlap: Annotated[str, typer.Option(help="How long the key itself is still accepted, as 30m, 12h or 7d.")] = "24h",
    expires: Expires = None,
    data: DataFolder = None,
) -> None:
    """Replace a key. Its successor has its owner, role and limits, and its subscriptions at once, and is printed. The
    key itself is accepted for the overlap: put the new one where the old one is used meanwhile."""
    accepted, expires_at = span_of(overlap), moment_of(expires, SystemClock().now())

    async def work() -> str:
        async with _directory(data) as keys:
            return (await keys.rotate(key_id, accepted, expires_at)).token

    try:
        typer.echo(asyncio.run(work()))
    except NotReplaceable as error:
        fail(f"Not rotated: {printable(str(error))}.", 1)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key, from `clearway keys list`.")], data: DataFolder = None
) -> None:
    """Revoke a key. Nothing more is sent on its behalf: its streams end, and its subscriptions are suspended until they
    are transferred to another key."""

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
        yield SqlKeyDirectory(database, SystemClock(), actor=this_user())
    finally:
        await database.close()
