"""How many statements an event costs: each is a round trip, and the consumer waits for every one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from clearway_platform.clock import new_id

from .desk import Desk


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile, beginnings of transactions left out."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(" ".join(statement.split()[:3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("longitude", "expected"),
    [
        # Hold the mission, record the incident.
        (35.0, 2),
        # And: keep the contribution, read the route's state, write it, tell.
        (30.1, 6),
    ],
    ids=["far from every route", "near one"],
)
async def test_a_first_report_takes_few_statements(desk: Desk, route_id: UUID, longitude: float, expected: int) -> None:
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 36.0, 5.0)
    with statements() as asked:
        await desk.tell(new_id(), 1, longitude, 5.0)
    assert len(asked) == expected, asked


async def test_more_routes_take_no_more_statements(desk: Desk, incident_id: UUID) -> None:
    for _ in range(5):
        await desk.put(new_id())
    await desk.tell(new_id(), 1, 36.0, 5.0)
    with statements() as asked:
        await desk.tell(incident_id, 1, 30.1, 5.0)
    assert len(asked) == 6, asked


async def test_the_same_again_takes_two(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    await desk.put(route_id)
    told = await desk.tell(incident_id, 1, 30.1, 5.0)
    with statements() as asked:
        await desk.deliver(told)
    assert len(asked) == 2, asked


async def test_a_report_that_is_verified_looks_nothing_through(desk: Desk, route_id: UUID, incident_id: UUID) -> None:
    """What it adds is larger than what it takes out, so the largest is known: six, and one that takes out."""
    await desk.put(route_id)
    await desk.tell(incident_id, 1, 30.1, 5.0)
    with statements() as asked:
        await desk.tell(incident_id, 2, 30.1, 5.0, status="verified")
    assert len(asked) == 7, asked
