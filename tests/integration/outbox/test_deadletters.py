"""Dead letters: none is lost, none is shown to another mission, and a person decides what becomes of each."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from clearway_contracts.topics import DEAD_LETTERS
from clearway_platform.log.base import Message, Record
from clearway_platform.messaging.dead_letters import DeadLetter, DeadLetterState, Decided, NoSuchLetter
from clearway_platform.messaging.housekeeping import Housekeeping
from clearway_testing.manual_clock import ManualClock
from clearway_testing.plumbing import OCCURRED, Plumbing, message_of, plumb, record_of
from clearway_testing.recording_log import RecordingLog


async def add(plumbing: Plumbing, record: Record, *, error: str = "no") -> None:
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.dead_letters.add(transaction, "reader", record, ValueError(error), 3)


async def test_a_letter_is_kept_and_published_with_its_origin(plumbing: Plumbing) -> None:
    message, log = message_of(plumbing.event(1, route=uuid4())), RecordingLog()
    await add(plumbing, record_of(message, offset=41, partition=2))
    await plumbing.relay(log).drain()
    (published,) = log.messages
    assert (published.topic, published.key, published.value) == (DEAD_LETTERS.name, message.key, message.value)
    headers = dict(published.headers)
    assert published.headers[: len(message.headers)] == message.headers
    assert (headers["dl_topic"], headers["dl_partition"], headers["dl_offset"]) == (b"route-risk.v1", b"2", b"41")
    assert (headers["dl_consumer"], headers["dl_attempts"]) == (b"reader", b"3")
    assert headers["dl_error"] == b"ValueError: no"
    (letter,) = await plumbing.dead_letters.list()
    assert letter.record == record_of(message, offset=41, partition=2)
    assert await plumbing.feed.after(None, 0, 10) == []


async def test_the_same_message_at_the_same_place_is_one_letter(plumbing: Plumbing) -> None:
    record = record_of(message_of(plumbing.event(1, route=uuid4())), offset=1)
    await add(plumbing, record)
    await add(plumbing, record, error="again")
    assert [letter.error for letter in await plumbing.dead_letters.list()] == ["ValueError: no"]
    assert await plumbing.waiting() == 1


async def test_another_missions_letter_does_not_exist(plumbing: Plumbing) -> None:
    await add(plumbing, record_of(message_of(plumbing.event(1, route=uuid4(), mission="monusco")), offset=1))
    letters = plumbing.dead_letters
    (letter,) = await letters.list("monusco")
    assert await letters.list("unmas") == []
    assert await letters.get(letter.id, "unmas") is None
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        with pytest.raises(NoSuchLetter):
            await letters.replay(transaction, letter.id, "unmas")
        with pytest.raises(NoSuchLetter):
            await letters.discard(transaction, letter.id, "not ours", "unmas")
    assert await letters.get(letter.id, "monusco") == letter


async def test_a_letter_that_says_no_mission_is_listed_for_none(plumbing: Plumbing) -> None:
    unreadable = Record("route-risk.v1", 0, 1, OCCURRED, None, None, (("ce_mission", b"\xff"), ("ce_type", b"a\x00")))
    await add(plumbing, unreadable, error="NUL \x00 in it")
    (letter,) = await plumbing.dead_letters.list()
    assert (letter.mission, letter.type, letter.record) == (None, None, unreadable)
    log = RecordingLog()
    await plumbing.relay(log).drain()
    assert log.messages[0].value == b"", "a log refuses a message without key and value"


async def test_the_largest_message_with_a_long_error_still_fits(plumbing: Plumbing) -> None:
    message = Message("route-risk.v1", b"key", b"x" * 1_048_000, (("ce_mission", b"unmas"),))
    await add(plumbing, record_of(message, offset=1), error="e" * 1_000_000)
    assert await plumbing.waiting() == 1


async def test_a_letter_of_two_missions_is_of_none(plumbing: Plumbing) -> None:
    """An envelope of one mission around data of another: neither may read it."""
    message = message_of(plumbing.event(1, route=uuid4(), mission="monusco"))
    assert message.value is not None
    outside = message.value.replace(b'"mission":"monusco"', b'"mission":"unmas"', 1)
    inside = b'"mission":"unmas"'.join(message.value.rsplit(b'"mission":"monusco"', 1))
    assert len({message.value, outside, inside}) == 3
    for offset, value in enumerate((outside, inside)):
        await add(plumbing, record_of(replace(message, value=value), offset=offset))
    assert [letter.mission for letter in await plumbing.dead_letters.list()] == [None, None]
    assert await plumbing.dead_letters.list("monusco") == []


async def test_a_replay_that_is_asked_twice_is_one(plumbing: Plumbing) -> None:
    await add(plumbing, record_of(message_of(plumbing.event(1, route=uuid4())), offset=1))
    (letter,) = await plumbing.dead_letters.list()
    for _ in range(2):
        async with plumbing.database.of_every_mission("a test").write() as transaction:
            asked = await plumbing.dead_letters.replay(transaction, letter.id)
        assert asked.state is DeadLetterState.REPLAYING
    assert [due.id for due in await plumbing.dead_letters.due("reader")] == [letter.id]
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        with pytest.raises(Decided, match="replaying since"):
            await plumbing.dead_letters.discard(transaction, letter.id, "too late")


async def test_pages_hold_every_letter_once(database_url: str, clock: ManualClock) -> None:
    """Also where several failed in the same moment."""
    plumbing = await plumb(database_url, clock)
    for offset in range(7):
        await add(plumbing, record_of(message_of(plumbing.event(offset, route=uuid4())), offset=offset))
        if offset % 3 == 2:
            clock.advance(timedelta(seconds=1))
    whole = await plumbing.dead_letters.list("unmas")
    assert len(whole) == 7
    paged: list[DeadLetter] = []
    is_last = False
    while not is_last:
        after = (paged[-1].failed_at, paged[-1].id) if paged else None
        page = await plumbing.dead_letters.page("unmas", limit=2, after=after)
        paged, is_last = [*paged, *page.letters], page.is_last
    assert paged == whole
    await plumbing.database.close()


async def test_a_page_and_a_replay_hold_few_large_letters(database_url: str) -> None:
    """So that a list of 500 does not hold 500 MB."""
    plumbing = await plumb(database_url)
    message = message_of(plumbing.event(1, route=uuid4()))
    for offset in range(5):
        # The length of a text would end at its first NUL.
        await add(plumbing, record_of(replace(message, value=b"\0" * 400_000), offset=offset))
    page = await plumbing.dead_letters.page("unmas", limit=500)
    assert (len(page.letters), page.is_last) == (2, False)
    assert len(await plumbing.dead_letters.list("unmas")) == 5
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        for letter in await plumbing.dead_letters.list("unmas"):
            await plumbing.dead_letters.replay(transaction, letter.id)
    assert len(await plumbing.dead_letters.due("reader")) == 2
    await plumbing.database.close()


async def test_a_discarded_letter_keeps_its_reason(plumbing: Plumbing) -> None:
    await add(plumbing, record_of(message_of(plumbing.event(1, route=uuid4())), offset=1))
    letters = plumbing.dead_letters
    (letter,) = await letters.list()
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        discarded = await letters.discard(transaction, letter.id, "a test message", "unmas")
        assert (discarded.state, discarded.reason) == (DeadLetterState.DISCARDED, "a test message")
        with pytest.raises(Decided, match="discarded since"):
            await letters.discard(transaction, letter.id, "twice")
        with pytest.raises(Decided, match="discarded since"):
            await letters.replay(transaction, letter.id)
    assert await letters.list() == []
    assert await letters.list(states=[DeadLetterState.DISCARDED]) == [discarded]
    assert await letters.count() == 0


async def test_settled_letters_are_swept_and_waiting_ones_are_not(database_url: str, clock: ManualClock) -> None:
    plumbing = await plumb(database_url, clock)
    for offset in range(2):
        await add(plumbing, record_of(message_of(plumbing.event(offset, route=uuid4())), offset=offset))
    (first, second) = await plumbing.dead_letters.list()
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.dead_letters.discard(transaction, first.id, "settled")
    clock.advance(timedelta(days=365))
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=30, idempotency_hours=72)
    await keeping.sweep()
    await keeping.measure()
    assert await plumbing.dead_letters.get(first.id) is None
    assert await plumbing.dead_letters.get(second.id) is not None
    await plumbing.database.close()
