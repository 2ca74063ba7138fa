"""Stream tickets: used once in whatever process, for a minute, by a key that is in use, and by the role that may only
read keys."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from clearway_platform.audit.chain import append
from clearway_platform.audit.records import Entry, RecordKind
from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.keys.privileges import grant_writes_to_readers
from clearway_platform.auth.keys.tables import ApiKeyRow, StreamTicketRow
from clearway_platform.auth.keys.tickets import MOST_TICKETS, VALID
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import downgrade, upgrade
from clearway_platform.database.models import table_of
from clearway_testing.manual_clock import ManualClock


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await upgrade(database_url, MIGRATIONS)
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def directory(database: Database, clock: ManualClock) -> SqlKeyDirectory:
    return SqlKeyDirectory(database, clock)


@pytest.fixture
async def principal(directory: SqlKeyDirectory) -> Principal:
    return (await directory.create("unmas", Role.ANALYST, "a page")).principal


async def ticket_for(directory: SqlKeyDirectory, principal: Principal) -> str:
    issued = await directory.tickets.issue(principal)
    assert issued is not None
    return issued.ticket


async def out(database: Database) -> int:
    async with database.of_every_mission("a test").read() as connection:
        return (await connection.execute(select(func.count()).select_from(StreamTicketRow))).scalar_one()


async def test_a_ticket_stands_for_its_key_once(
    database: Database, directory: SqlKeyDirectory, principal: Principal
) -> None:
    ticket = await ticket_for(directory, principal)
    assert await directory.tickets.redeem(ticket) == principal
    assert await directory.tickets.redeem(ticket) is None
    assert await out(database) == 0


async def test_of_two_processes_one_takes_it(
    database_url: str, directory: SqlKeyDirectory, clock: ManualClock, principal: Principal
) -> None:
    other = Database(database_url)
    processes = directory, SqlKeyDirectory(other, clock)
    for _ in range(10):
        ticket = await ticket_for(directory, principal)
        taken = await asyncio.gather(*(process.tickets.redeem(ticket) for process in processes for _ in range(3)))
        assert sorted(item is not None for item in taken) == [False] * 5 + [True]
    await other.close()


async def test_a_ticket_expires(directory: SqlKeyDirectory, clock: ManualClock, principal: Principal) -> None:
    ticket = await ticket_for(directory, principal)
    clock.advance(VALID)
    assert await directory.tickets.redeem(ticket) is None
    ticket = await ticket_for(directory, principal)
    clock.advance(VALID - timedelta(seconds=1))
    assert await directory.tickets.redeem(ticket) == principal


async def test_a_ticket_of_a_revoked_key_is_worth_nothing(directory: SqlKeyDirectory, principal: Principal) -> None:
    ticket = await ticket_for(directory, principal)
    assert await directory.revoke(principal.id)
    assert await directory.tickets.redeem(ticket) is None
    assert await directory.principal_of(principal.id) is None


@pytest.mark.parametrize("wrong", ["", "cwt_", "cwt_unknown", "cwk_0123456789abcdef_key", "\x00", "é" * 1000])
async def test_what_is_no_ticket_opens_nothing(directory: SqlKeyDirectory, wrong: str) -> None:
    assert await directory.tickets.redeem(wrong) is None


async def test_what_is_kept_is_no_ticket_and_is_bounded(
    database: Database, directory: SqlKeyDirectory, clock: ManualClock, principal: Principal
) -> None:
    ticket = await ticket_for(directory, principal)
    async with database.of_every_mission("a test").read() as connection:
        [row] = (await connection.execute(select(table_of(StreamTicketRow)))).all()
    assert ticket not in repr(row)
    for _ in range(MOST_TICKETS - 1):
        await ticket_for(directory, principal)
    assert await directory.tickets.issue(principal) is None
    clock.advance(VALID)
    assert await directory.tickets.issue(principal) is not None
    assert await out(database) == 1


@pytest.mark.postgres
async def test_the_role_that_reads_keys_issues_and_uses_tickets_and_changes_no_key(
    postgres_url: str, clock: ManualClock
) -> None:
    """As deploy/postgres/init.sh makes it: the role exists before the tables, and may read what will be made."""
    role = f"reader_{uuid4().hex}"
    await _execute(
        postgres_url,
        f"CREATE ROLE {role} LOGIN",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role}",
    )
    await upgrade(postgres_url, MIGRATIONS)
    # A restored database is at its newest schema, and has the default privileges alone.
    await grant_writes_to_readers(postgres_url)
    await grant_writes_to_readers(postgres_url)
    of_reader = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    owner, reader = Database(postgres_url), Database(of_reader)
    principal = (await SqlKeyDirectory(owner, clock).create("unmas", Role.ANALYST, "a page")).principal
    directory = SqlKeyDirectory(reader, clock)
    assert await directory.tickets.redeem(await ticket_for(directory, principal)) == principal
    await ticket_for(directory, principal)
    async with reader.of_every_mission("a test").write() as transaction:
        await append(transaction, [Entry("unmas", RecordKind.DENIED, clock.now())])
    for refused in (
        f"UPDATE {StreamTicketRow.__tablename__} SET key_id = 'another'",
        f"UPDATE {ApiKeyRow.__tablename__} SET role = 'admin'",
        f"DELETE FROM {ApiKeyRow.__tablename__}",
        f"INSERT INTO {ApiKeyRow.__tablename__} SELECT * FROM {ApiKeyRow.__tablename__}",
        "UPDATE audit_record SET subject = 'another'",
        "DELETE FROM audit_record",
        "DELETE FROM audit_head",
        "UPDATE audit_checkpoint SET line = 'another'",
        "DELETE FROM audit_checkpoint",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with reader.of_every_mission("a test").write() as transaction:
                await transaction.connection.execute(text(refused))
    await reader.close()
    await owner.close()
    await downgrade(postgres_url, MIGRATIONS)
    await _execute(postgres_url, f"GRANT {role} TO CURRENT_USER", f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
