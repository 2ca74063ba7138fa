"""A handler that takes several events together: each has effect once, in order, and one that fails harms no other."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.handlers import BatchHandler, Taken
from clearway_testing.plumbing import EFFECTS, eventually, number_of, running

from .conftest import Stage

POISON = 13


class Together(BatchHandler):
    """Writes the effects of all of them with one statement, and fails where the poison is among them."""

    def __init__(self) -> None:
        self.calls: list[list[tuple[str, int]]] = []
        self.traces: dict[int, int] = {}

    async def __call__(self, transaction: Transaction, taken: Sequence[Taken]) -> None:
        events = [one.event for one in taken]
        self.calls.append([(event.data.mission, number_of(event)) for event in events])
        rows = [
            {"consumer": "reader", "subject": event.envelope.subject, "number": number_of(event)} for event in events
        ]
        await transaction.connection.execute(EFFECTS.insert(), rows)
        for one in taken:
            with one.in_its_trace():
                self.traces[number_of(one.event)] = trace.get_current_span().get_span_context().trace_id
        if any(number_of(event) == POISON for event in events):
            raise ValueError("this one does not fit")


async def effects(stage: Stage) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for subject, number in await stage.plumbing.effects("reader"):
        found[subject].append(number)
    return found


async def has_effects(stage: Stage, count: int) -> bool:
    return len(await stage.plumbing.effects("reader")) >= count


async def test_a_backlog_is_handled_together_each_mission_by_itself(stage: Stage) -> None:
    routes = {uuid4(): mission for mission in ("unmas", "unmik", "unmas")}
    numbers = range(POISON + 1, POISON + 21)
    sent = [stage.plumbing.event(n, route=route, mission=routes[route]) for n in numbers for route in routes]
    await stage.send(*sent, *sent)
    handler = Together()
    async with running(stage.consumer(handler).run):
        await eventually(lambda: has_effects(stage, len(sent)))
        await stage.send(*sent)
        last = [stage.plumbing.event(99, route=route, mission=mission) for route, mission in routes.items()]
        await stage.send(*last)
        await eventually(lambda: has_effects(stage, len(sent) + 3))
    assert await effects(stage) == {str(route): [*numbers, 99] for route in routes}
    assert max(map(len, handler.calls)) > 1
    assert all(len({mission for mission, _ in call}) == 1 for call in handler.calls)


async def test_one_that_fails_is_laid_aside_and_the_others_have_effect_once(stage: Stage) -> None:
    route = uuid4()
    await stage.send(*(stage.plumbing.event(number, route=route) for number in range(30)))
    async with running(stage.consumer(Together(), attempts=2).run):
        await eventually(lambda: has_effects(stage, 29))
        await eventually(lambda: dead(stage))
    assert await effects(stage) == {str(route): [number for number in range(30) if number != POISON]}
    (letter,) = await stage.plumbing.dead_letters.list("unmas")
    assert (letter.attempts, letter.error) == (2, "ValueError: this one does not fit")


async def test_each_is_handled_in_its_own_trace(stage: Stage) -> None:
    events, made, route = [], {}, uuid4()
    for number in range(4):
        span = TracerProvider().get_tracer("test").start_span("request")
        with trace.use_span(span, end_on_exit=True):
            events.append(stage.plumbing.event(number, route=route))
        made[number] = span.get_span_context().trace_id
    # One that was made in no trace is handled in none of the others'.
    events.append(stage.plumbing.event(4, route=route))
    await stage.send(*events)
    handler = Together()
    async with running(stage.consumer(handler).run):
        await eventually(lambda: has_effects(stage, 5))
    assert handler.traces.pop(4) not in made.values()
    assert handler.traces == made


async def dead(stage: Stage) -> bool:
    return await stage.plumbing.dead_letters.count() == 1
