"""A consumer: everything once, in order per key, whatever is delivered twice, cannot be read, or fails."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from clearway_contracts.envelope import Event
from clearway_platform.database.engines import Transaction
from clearway_platform.log.base import BrokerUnavailable, LogReader, Message, TopicPartition
from clearway_platform.messaging.dead_letters import DeadLetterState, Decided
from clearway_platform.messaging.lag import LAG
from clearway_testing.plumbing import effect, eventually, number_of, running

from .conftest import Stage


async def effects_by_subject(stage: Stage, consumer: str = "reader") -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for subject, number in await stage.plumbing.effects(consumer):
        found[subject].append(number)
    return found


async def has_effects(stage: Stage, count: int, consumer: str = "reader") -> bool:
    return len(await stage.plumbing.effects(consumer)) >= count


async def test_takes_everything_in_order_per_key(stage: Stage) -> None:
    routes = [uuid4() for _ in range(5)]
    await stage.send(*(stage.plumbing.event(number, route=route) for number in range(30) for route in routes))
    async with running(stage.consumer().run):
        await eventually(lambda: has_effects(stage, 150))
    assert await effects_by_subject(stage) == {str(route): list(range(30)) for route in routes}


async def test_redelivery_of_everything_changes_nothing(stage: Stage) -> None:
    route = uuid4()
    events = [stage.plumbing.event(number, route=route) for number in range(20)]
    await stage.send(*events)
    await stage.send(*events)
    async with running(stage.consumer().run):
        await eventually(lambda: has_effects(stage, 20))
        await stage.send(*events, stage.plumbing.event(20, route=route))
        await eventually(lambda: has_effects(stage, 21))
    assert await effects_by_subject(stage) == {str(route): list(range(21))}


async def test_goes_on_where_it_stopped(stage: Stage) -> None:
    route = uuid4()
    await stage.send(stage.plumbing.event(1, route=route))
    async with running(stage.consumer().run):
        await eventually(lambda: has_effects(stage, 1))
    await stage.send(stage.plumbing.event(2, route=route))
    async with running(stage.consumer().run):
        await eventually(lambda: has_effects(stage, 2))
    assert await effects_by_subject(stage) == {str(route): [1, 2]}


async def test_two_groups_each_take_everything(stage: Stage) -> None:
    await stage.send(stage.plumbing.event(1, route=uuid4()))
    async with running(stage.consumer(name="one").run, stage.consumer(name="two").run):
        await eventually(lambda: has_effects(stage, 1, "one"))
        await eventually(lambda: has_effects(stage, 1, "two"))


async def test_what_cannot_be_read_is_laid_aside_and_the_rest_goes_on(stage: Stage) -> None:
    route = uuid4()
    good = [stage.message(stage.plumbing.event(number, route=route)) for number in range(2)]
    key = str(route).encode()
    poison = [
        replace(good[0], value=b"\xff\x00 not JSON"),
        replace(good[0], value=None),
        replace(good[0], headers=()),
        replace(good[0], headers=(("ce_type", b"\xff\xfe"), ("ce_mission", b"a\x00b"))),
        Message(stage.topic.name, key, b"{}", (("ce_type", b"route.risk_changed"),)),
    ]
    await stage.broker.publish([good[0], *poison, good[1]])
    async with running(stage.consumer().run):
        await eventually(lambda: has_effects(stage, 2))
    assert await effects_by_subject(stage) == {str(route): [0, 1]}
    letters = await stage.plumbing.dead_letters.list()
    assert sorted(letter.value or b"" for letter in letters) == sorted(message.value or b"" for message in poison)
    assert {letter.attempts for letter in letters} == {1}
    assert {letter.consumer for letter in letters} == {"reader"}
    assert {letter.mission for letter in letters} == {"unmas", None}
    assert await stage.plumbing.waiting() == len(poison)


async def test_a_type_that_nobody_knows_is_passed_over(stage: Stage) -> None:
    route = uuid4()
    known = stage.message(stage.plumbing.event(1, route=route))
    headers = tuple((name, b"route.teleported" if name == "ce_type" else value) for name, value in known.headers)
    await stage.broker.publish([replace(known, headers=headers), known])
    async with running(stage.consumer().run):
        await eventually(lambda: has_effects(stage, 1))
    assert await stage.plumbing.dead_letters.list() == []


async def test_a_handler_that_keeps_failing_gives_a_dead_letter_after_its_attempts(stage: Stage) -> None:
    route, calls = uuid4(), 0

    async def handle(transaction: Transaction, event: Event) -> None:
        nonlocal calls
        await effect("reader")(transaction, event)
        if number_of(event) == 1:
            calls += 1
            raise ValueError("this one does not fit")

    await stage.send(stage.plumbing.event(1, route=route))
    async with running(stage.consumer(handle, attempts=3).run):
        await eventually(lambda: _dead(stage, 1))
        await stage.send(stage.plumbing.event(2, route=route))
        await eventually(lambda: has_effects(stage, 1))
    assert calls == 3
    assert await effects_by_subject(stage) == {str(route): [2]}
    (letter,) = await stage.plumbing.dead_letters.list("unmas")
    assert (letter.attempts, letter.error, letter.subject) == (3, "ValueError: this one does not fit", str(route))


async def test_a_handler_that_fails_once_is_tried_again_in_order(stage: Stage) -> None:
    route, failed = uuid4(), set()

    async def handle(transaction: Transaction, event: Event) -> None:
        await effect("reader")(transaction, event)
        if event.envelope.id not in failed:
            failed.add(event.envelope.id)
            raise ValueError("not yet")

    await stage.send(*(stage.plumbing.event(number, route=route) for number in range(5)))
    async with running(stage.consumer(handle).run):
        await eventually(lambda: has_effects(stage, 5))
    assert await effects_by_subject(stage) == {str(route): list(range(5))}
    assert await stage.plumbing.dead_letters.list() == []


async def test_a_partition_in_trouble_does_not_stop_the_others(stage: Stage) -> None:
    """Trouble that will pass never becomes a dead letter, however often it is met."""
    troubled, others = uuid4(), [uuid4() for _ in range(40)]
    healed = asyncio.Event()

    async def handle(transaction: Transaction, event: Event) -> None:
        first_of_troubled = event.envelope.subject == str(troubled) and number_of(event) == 1
        if first_of_troubled and not healed.is_set():
            raise OperationalError("SELECT", {}, ConnectionError("the database is away"))
        await effect("reader")(transaction, event)

    await stage.send(stage.plumbing.event(1, route=troubled), stage.plumbing.event(2, route=troubled))
    async with running(stage.consumer(handle, attempts=1).run):
        await stage.send(*(stage.plumbing.event(1, route=route) for route in others))
        # Four partitions: with forty keys some are elsewhere than the troubled one.
        await eventually(lambda: has_effects(stage, 15))
        await stage.send(stage.plumbing.event(3, route=troubled))
        await stage.send(*(stage.plumbing.event(2, route=route) for route in others))
        await eventually(lambda: has_effects(stage, 30))
        healed.set()
        await eventually(lambda: has_effects(stage, 83))
    assert (await effects_by_subject(stage))[str(troubled)] == [1, 2, 3]
    assert await stage.plumbing.dead_letters.list() == []


async def test_a_dead_letter_is_replayed_by_its_consumer(stage: Stage) -> None:
    route, fixed = uuid4(), asyncio.Event()

    async def handle(transaction: Transaction, event: Event) -> None:
        if not fixed.is_set():
            raise ValueError("broken")
        await effect("reader")(transaction, event)

    await stage.send(stage.plumbing.event(1, route=route))
    letters = stage.plumbing.dead_letters
    async with running(stage.consumer(handle, attempts=1).run):
        await eventually(lambda: _dead(stage, 1))
        (letter,) = await letters.list()
        await _replay(stage, letter.id)
        await eventually(lambda: _is(stage, letter.id, DeadLetterState.DEAD, attempts=2))
        fixed.set()
        await _replay(stage, letter.id)
        await eventually(lambda: _is(stage, letter.id, DeadLetterState.REPLAYED))
        with pytest.raises(Decided):
            await _replay(stage, letter.id)
        await stage.send(stage.plumbing.event(2, route=route))
        await eventually(lambda: has_effects(stage, 2))
    assert await effects_by_subject(stage) == {str(route): [1, 2]}


async def test_members_that_come_and_go_lose_and_double_nothing(stage: Stage) -> None:
    routes, count = [uuid4() for _ in range(12)], 25

    async def handle(transaction: Transaction, event: Event) -> None:
        await asyncio.sleep(0.002)
        await effect("reader")(transaction, event)

    async def send(route: UUID) -> None:
        for number in range(count):
            await stage.send(stage.plumbing.event(number, route=route))

    async with running(stage.consumer(handle).run):
        sending = asyncio.gather(*map(send, routes))
        async with running(stage.consumer(handle).run):
            await eventually(lambda: has_effects(stage, 40))
        await sending
        async with running(stage.consumer(handle).run):
            await eventually(lambda: has_effects(stage, len(routes) * count), 60)
    assert await effects_by_subject(stage) == {str(route): list(range(count)) for route in routes}


async def test_a_handler_works_in_the_trace_of_its_event(stage: Stage) -> None:
    span = TracerProvider().get_tracer("test").start_span("request")
    with trace.use_span(span, end_on_exit=True):
        event = stage.plumbing.event(1, route=uuid4())
    seen: list[int] = []

    async def handle(transaction: Transaction, event: Event) -> None:
        seen.append(trace.get_current_span().get_span_context().trace_id)
        await effect("reader")(transaction, event)

    await stage.send(event)
    async with running(stage.consumer(handle).run):
        await eventually(lambda: has_effects(stage, 1))
    assert seen == [span.get_span_context().trace_id]


async def test_the_lag_counts_what_is_not_settled(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what was fetched already; a member that ends leaves no figure behind."""
    monkeypatch.setattr("clearway_platform.messaging.membership.MEASURE_SECONDS", 0.05)
    route, healed, name = uuid4(), asyncio.Event(), f"lagging-{uuid4().hex}"

    async def handle(transaction: Transaction, event: Event) -> None:
        await healed.wait()
        await effect(name)(transaction, event)

    async def lag_is(messages: int) -> bool:
        shown = [
            sample.value for metric in LAG.collect() for sample in metric.samples if name in sample.labels.values()
        ]
        return sum(shown) == messages and len(shown) == stage.topic.partitions

    async with running(stage.consumer(handle, name=name).run):
        await stage.send(*(stage.plumbing.event(number, route=route) for number in range(3)))
        await eventually(lambda: lag_is(3))
        await stage.send(stage.plumbing.event(3, route=route))
        await eventually(lambda: lag_is(4))
        healed.set()
        await eventually(lambda: lag_is(0))
    assert name not in str(LAG.collect())


async def test_a_broker_that_is_away_is_said_once_and_its_lag_is_not_known(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetching may not notice: Kafka's client goes on asking by itself."""
    monkeypatch.setattr("clearway_platform.messaging.membership.MEASURE_SECONDS", 0.01)
    away, name = asyncio.Event(), f"cut-off-{uuid4().hex}"
    make_reader = stage.broker.reader

    async def reader(*topics: Any, **options: Any) -> LogReader:
        made: LogReader = await make_reader(*topics, **options)
        backlog = made.backlog

        async def asked() -> Mapping[TopicPartition, int]:
            if away.is_set():
                raise BrokerUnavailable("cut off")
            return await backlog()

        monkeypatch.setattr(made, "backlog", asked)
        return made

    def is_shown() -> bool:
        return name in str(LAG.collect())

    async def is_logged(*events: str) -> bool:
        return [entry["event"] for entry in logged if entry.get("part") == "broker"] == list(events)

    monkeypatch.setattr(stage.broker, "reader", reader)
    with capture_logs() as logged:
        async with running(stage.consumer(name=name).run):
            await eventually(lambda: asyncio.sleep(0, is_shown()))
            away.set()
            await eventually(lambda: is_logged("outage_begins"))
            assert not is_shown()
            away.clear()
            await eventually(lambda: is_logged("outage_begins", "outage_ends"))
            assert is_shown()


async def _dead(stage: Stage, count: int) -> bool:
    return bool(await stage.plumbing.dead_letters.count() >= count)


async def _replay(stage: Stage, letter_id: UUID) -> None:
    async with stage.plumbing.database.of_every_mission("a test").write() as transaction:
        await stage.plumbing.dead_letters.replay(transaction, letter_id)


async def _is(stage: Stage, letter_id: UUID, state: DeadLetterState, attempts: int = 1) -> bool:
    letter = await stage.plumbing.dead_letters.get(letter_id)
    return letter is not None and letter.state == state and letter.attempts >= attempts


async def test_an_offset_that_could_not_be_stored_is_stored_later_though_nothing_more_comes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, stored = asyncio.Event(), asyncio.Event()
    make_reader = stage.broker.reader

    async def reader(*topics: Any, **options: Any) -> LogReader:
        made: LogReader = await make_reader(*topics, **options)
        commit = made.commit

        async def once_refused(offsets: Mapping[TopicPartition, int]) -> None:
            if not refused.is_set():
                refused.set()
                raise BrokerUnavailable("for a moment")
            await commit(offsets)
            stored.set()

        monkeypatch.setattr(made, "commit", once_refused)
        return made

    monkeypatch.setattr(stage.broker, "reader", reader)
    await stage.send(stage.plumbing.event(1, route=uuid4()))
    async with running(stage.consumer().run), asyncio.timeout(60):
        await refused.wait()
        await stored.wait()
