"""The end of a key is known at once to a process that asks before it sends, by whichever process the key was ended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.auth.keys.changes import NotReplaceable
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.keys.endings import SqlEndings
from clearway_platform.auth.keys.tables import ApiKeyRow
from clearway_platform.auth.principals import IssuedKey, KeyState, KeyTerms, Role
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.database.models import table_of
from clearway_testing.manual_clock import ManualClock
from clearway_testing.metrics import sample
from clearway_testing.plumbing import eventually, running

DAY = timedelta(days=1)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await upgrade(database_url, MIGRATIONS)
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def keys(database: Database, clock: ManualClock) -> SqlKeyDirectory:
    """The command line's."""
    return SqlKeyDirectory(database, clock)


@pytest.fixture
async def service(database_url: str, database: Database, clock: ManualClock) -> AsyncIterator[SqlKeyDirectory]:
    """That of another process."""
    own = Database(database_url)
    yield SqlKeyDirectory(own, clock)
    await own.close()


async def key(keys: SqlKeyDirectory, **terms: object) -> IssuedKey:
    return await keys.create("unmas", Role.SUBSCRIBER, "radio", terms=KeyTerms(**terms))  # type: ignore[arg-type]


def has_ended(directory: SqlKeyDirectory, issued: IssuedKey) -> Callable[[], Awaitable[bool]]:
    async def known() -> bool:
        return directory.endings.has_ended(issued.principal.id)

    return known


async def test_what_was_revoked_is_known_at_the_next_look(keys: SqlKeyDirectory, service: SqlKeyDirectory) -> None:
    issued, other = await key(keys), await key(keys)
    await service.endings.look()
    assert await service.principal(issued.token) == issued.principal
    told: list[str] = []
    with (
        service.endings.listening(lambda: told.append("one"), issued.principal.id),
        service.endings.listening(lambda: told.append("other"), other.principal.id),
        service.endings.listening(lambda: told.append("any")),
    ):
        assert await keys.revoke(issued.principal.id)
        await service.endings.look()
        await service.endings.look()
    assert sorted(told) == ["any", "one"]
    assert service.endings.has_ended(issued.principal.id)
    assert list(service.endings.ended()) == [issued.principal.id]
    # Its entry of the cache is a second old at most, and is not used.
    assert await service.principal(issued.token) is None
    assert await service.principal(other.token) == other.principal


async def test_many_looks_at_once_are_two_reads(service: SqlKeyDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, begun, go_on = 0, asyncio.Event(), asyncio.Event()
    read = vars(SqlEndings)["_read"]

    async def counted(self: SqlEndings) -> None:
        nonlocal reads
        reads += 1
        begun.set()
        await go_on.wait()
        await read(self)

    monkeypatch.setattr(SqlEndings, "_read", counted)
    go_on.set()
    await asyncio.gather(*(service.endings.look() for _ in range(100)))
    assert reads == 1
    go_on.clear()
    begun.clear()
    first = asyncio.create_task(service.endings.look())
    await begun.wait()
    # What begins while one reads is not sure of what that one saw.
    others = [asyncio.create_task(service.endings.look()) for _ in range(100)]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(first, *others)
    assert reads == 3


async def test_a_read_that_ends_late_takes_nothing_back(
    keys: SqlKeyDirectory, service: SqlKeyDirectory, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = await key(keys, expires_at=clock.now() + DAY)
    rows: list[object] = []
    note = vars(SqlEndings)["_note"]

    def seen(self: SqlEndings, row: object) -> None:
        rows.append(row)
        note(self, row)

    monkeypatch.setattr(SqlEndings, "_note", seen)
    await service.endings.look()
    [before] = rows
    await keys.revoke(issued.principal.id)
    await service.endings.look()
    note(service.endings, before)
    assert service.endings.has_ended(issued.principal.id)


async def test_a_key_ends_when_it_expires(keys: SqlKeyDirectory, service: SqlKeyDirectory, clock: ManualClock) -> None:
    issued = await key(keys, expires_at=clock.now() + DAY)
    await service.endings.look()
    clock.advance(DAY - timedelta(seconds=1))
    assert await service.principal(issued.token) == issued.principal
    clock.advance(timedelta(seconds=1))
    assert service.endings.has_ended(issued.principal.id)
    assert await service.principal(issued.token) is None
    assert await service.principal_of(issued.principal.id) is None
    [record] = await keys.list()
    assert record.state(clock.now()) is KeyState.EXPIRED


async def test_a_directory_that_is_away_delays_a_warning_once_and_forgets_nothing(
    keys: SqlKeyDirectory, service: SqlKeyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = await key(keys)
    await keys.revoke(issued.principal.id)
    await service.endings.look()
    asked, answers = 0, vars(SqlEndings)["_read"]

    async def hanging(_: SqlEndings) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(3600)

    monkeypatch.setattr(SqlEndings, "_read", hanging)
    with capture_logs() as logged:
        for _ in range(5):
            await service.endings.look()
    assert asked == 1
    assert [entry["event"] for entry in logged] == ["key_directory_away"]
    assert service.endings.has_ended(issued.principal.id)
    monkeypatch.setattr(SqlEndings, "_read", answers)
    other = await key(keys)
    await keys.revoke(other.principal.id)
    async with running(service.endings.run):
        await eventually(has_ended(service, other))


async def test_what_a_program_of_an_older_release_revoked_is_found(
    keys: SqlKeyDirectory, service: SqlKeyDirectory, database: Database, clock: ManualClock
) -> None:
    issued = await key(keys)
    await service.endings.look()
    table = table_of(ApiKeyRow)
    async with database.of_every_mission("a test").write() as transaction:
        its_own = update(table).where(table.c.key_id == issued.principal.id)
        await transaction.connection.execute(its_own.values(revoked_at=clock.now()))
    async with running(service.endings.run):
        await eventually(has_ended(service, issued))


async def test_a_rotated_key_is_accepted_for_the_overlap_and_leads_to_its_successor(
    keys: SqlKeyDirectory, service: SqlKeyDirectory, clock: ManualClock
) -> None:
    first = await keys.create(
        "unmas", Role.SUBSCRIBER, "radio", "Ann Ba", terms=KeyTerms(scopes=frozenset({"alerts:read"}))
    )
    second = await keys.rotate(first.principal.id, DAY)
    third = await keys.rotate(second.principal.id, DAY)
    await service.endings.look()
    assert service.endings.replaced() == {
        first.principal.id: third.principal.id,
        second.principal.id: third.principal.id,
    }
    old = await service.principal(first.token)
    assert old is not None
    assert old.keys == {first.principal.id, third.principal.id}
    assert (third.principal.person, third.principal.scopes) == ("Ann Ba", frozenset({"alerts:read"}))
    assert old.identity == third.principal.identity
    with pytest.raises(NotReplaceable, match=third.principal.id):
        await keys.rotate(first.principal.id, DAY)
    with pytest.raises(NotReplaceable, match="no active key"):
        await keys.rotate("unknown", DAY)
    clock.advance(DAY)
    assert await service.principal(first.token) is None
    assert not service.endings.is_orphaned(first.principal.id)
    assert await service.principal(third.token) is not None
    await keys.revoke(third.principal.id)
    await service.endings.look()
    assert service.endings.is_orphaned(first.principal.id)


async def test_an_end_to_come_is_said_before_it_comes(
    keys: SqlKeyDirectory, service: SqlKeyDirectory, clock: ManualClock
) -> None:
    now = clock.now()
    issued = await key(keys, expires_at=now + 20 * DAY)
    replaced = await key(keys, expires_at=now + 2 * DAY)
    await keys.rotate(replaced.principal.id, DAY)
    said: list[str] = []

    async def was_read() -> bool:
        """An expiry is said in the turn in which the first read ends."""
        await asyncio.sleep(0.05)
        return bool(service.endings.replaced())

    for days in (0, 7, 17.5, 19.5, 19.6):
        clock.set(now + days * DAY)
        with capture_logs() as logged:
            async with running(service.endings.run):
                await eventually(was_read)
        said += [entry["key"] for entry in logged if entry["event"] == "key_expires_soon"]
    assert said == [issued.principal.id] * 3
    assert sample("clearway_keys_expiring", within="1d") == 1


async def test_the_last_use_is_kept_to_the_minute_beside_the_requests(
    keys: SqlKeyDirectory, service: SqlKeyDirectory, clock: ManualClock
) -> None:
    issued, unused = await key(keys), await key(keys)
    begun = clock.now()
    for seconds in (0, 30, 61):
        clock.set(begun + timedelta(seconds=seconds))
        assert await service.principal(issued.token)
        await service.use.write()
        found = {record.principal.id: record.last_used_at for record in await keys.list()}
        assert found == {
            issued.principal.id: begun + timedelta(seconds=61 if seconds == 61 else 0),
            unused.principal.id: None,
        }
    # A process with a slower clock takes nothing back.
    clock.set(begun)
    await keys.principal(issued.token)
    await keys.use.write()
    found = {record.principal.id: record.last_used_at for record in await keys.list()}
    assert found[issued.principal.id] == begun + timedelta(seconds=61)


async def test_a_key_is_accepted_from_its_networks_alone(keys: SqlKeyDirectory) -> None:
    issued = await key(keys, networks=("10.20.0.0/16", "2001:db8::/32"))
    found = await keys.principal(issued.token)
    assert found is not None
    accepted = ["10.20.3.4", "::ffff:10.20.3.4", "2001:db8::1"]
    assert [
        address for address in (*accepted, "10.21.0.1", "::1", "unix", None) if found.may_come_from(address)
    ] == accepted


async def test_a_key_of_a_system_and_one_of_a_person_are_two_principals(keys: SqlKeyDirectory) -> None:
    person = await keys.create("unmas", Role.VERIFIER, "desk", "Ann Ba")
    systems = [await key(keys, system=name) for name in ("Ann Ba", "ann ba")]
    assert systems[0].principal.identity == systems[1].principal.identity != person.principal.identity
    with pytest.raises(ValueError, match="not to both"):
        await keys.create("unmas", Role.VERIFIER, "desk", "Ann Ba", terms=KeyTerms(system="radio"))
