"""Dead letters: none is lost, none is shown to another mission, and a person decides what becomes of each."""

from datetime import timedelta
from uuid import uuid4

from clearway_shared.broker.base import Message, Record
from clearway_shared.deadletter import DeadLetterState
from clearway_shared.events.topics import DEAD_LETTERS
from clearway_shared.housekeeping import Housekeeping
from clearway_shared.testing.manual_clock import ManualClock
from clearway_shared.testing.plumbing import OCCURRED, Plumbing, message_of, plumb, record_of
from clearway_shared.testing.recording_log import RecordingLog


async def add(plumbing: Plumbing, record: Record, *, error: str = "no") -> None:
    async with plumbing.database.write() as transaction:
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
    assert not await letters.replay(letter.id, "unmas")
    assert not await letters.discard(letter.id, "not ours", "unmas")
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


async def test_a_discarded_letter_keeps_its_reason(plumbing: Plumbing) -> None:
    await add(plumbing, record_of(message_of(plumbing.event(1, route=uuid4())), offset=1))
    letters = plumbing.dead_letters
    (letter,) = await letters.list()
    assert await letters.discard(letter.id, "a test message", "unmas")
    assert not await letters.discard(letter.id, "twice")
    assert not await letters.replay(letter.id)
    assert await letters.list() == []
    (discarded,) = await letters.list(states=[DeadLetterState.DISCARDED])
    assert discarded.reason == "a test message"
    assert await letters.count() == 0


async def test_settled_letters_are_swept_and_waiting_ones_are_not(database_url: str, clock: ManualClock) -> None:
    plumbing = await plumb(database_url, clock)
    for offset in range(2):
        await add(plumbing, record_of(message_of(plumbing.event(offset, route=uuid4())), offset=offset))
    (first, second) = await plumbing.dead_letters.list()
    await plumbing.dead_letters.discard(first.id, "settled")
    clock.advance(timedelta(days=365))
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=30, idempotency_hours=72)
    await keeping.sweep()
    await keeping.measure()
    assert await plumbing.dead_letters.get(first.id) is None
    assert await plumbing.dead_letters.get(second.id) is not None
    await plumbing.database.close()
