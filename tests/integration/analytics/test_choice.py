"""The parameters follow the rate of incidents until a person decides, on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from clearway_analytics.commands.choose_parameters import ChooseParameters
from clearway_analytics.domain.errors import ProposalOpen
from clearway_analytics.domain.revision import ParametersState
from clearway_analytics.ledger import missions, parameters
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.risk.parameters import DENSE, FORMULAS, SPARSE, TRAILING_DAYS, Parameters
from clearway_analytics.storage.states import PARAMETERS
from clearway_analytics.storage.tables import CONTRIBUTIONS, INCIDENTS, MISSIONS
from clearway_platform.clock import new_id

from .desk import MISSION, Desk

BEFORE = replace(SPARSE, status_weights={**SPARSE.status_weights, "reported": 0.4}, credibility_weights={}, formulas=1)


async def choose(desk: Desk, rounds: int = 1) -> None:
    """So many rounds of the two workers."""
    for _ in range(rounds):
        await ChooseParameters(desk.database, desk.change).once()
        await desk.rebuild.once()


async def in_use(desk: Desk) -> Parameters:
    async with desk.database.of_every_mission("a test").read() as connection:
        return (await missions.read(connection, MISSION)).parameters


async def revisions(desk: Desk) -> list[ParametersRevision]:
    async with desk.database.of_every_mission("a test").read() as connection:
        return await parameters.page(connection, await missions.read(connection, MISSION), None, 10)


async def busy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A route, and as many incidents as ten a day are in a span that is short enough for a test."""
    monkeypatch.setattr("clearway_analytics.commands.choose_parameters.TRAILING_DAYS", 1.0)
    route_id = new_id()
    await desk.put(route_id)
    events = [desk.event(new_id(), 1, 30.01 * (1 + 1e-3 * number), 5.0, days_ago=0.05 * number) for number in range(10)]
    await desk.deliver(*events)
    return route_id


async def test_a_rate_of_ten_a_day_brings_dense_into_use(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    route_id = await busy(desk, monkeypatch)
    await choose(desk)
    assert await in_use(desk) == SPARSE
    await choose(desk)
    assert await in_use(desk) == DENSE
    newest, first = await revisions(desk)
    assert (newest.state, first.state) == (ParametersState.CURRENT, ParametersState.SUPERSEDED)
    assert (newest.proposed_by, newest.decided_by) == (None, None)
    assert newest.reason == "10 incidents a day in the last 1 days: the preset `dense`."
    assert await desk.differences() == []
    assert (await desk.explained(route_id)).risk.incidents == pytest.approx((await desk.risk(route_id)).incidents)


async def test_between_the_limits_nothing_changes_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await busy(desk, monkeypatch)
    await choose(desk, 2)
    desk.clock.advance(timedelta(days=0.8))
    await choose(desk, 2)
    assert (await in_use(desk), len(await revisions(desk))) == (DENSE, 2)
    desk.clock.advance(timedelta(days=1))
    await choose(desk, 2)
    assert (await in_use(desk), len(await revisions(desk))) == (SPARSE, 3)


async def test_what_a_person_chose_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await busy(desk, monkeypatch)
    chosen = await desk.propose(preset=None, changes={"decay_days": 120.0})
    await choose(desk, 2)
    assert await in_use(desk) == SPARSE
    await desk.activate(chosen)
    await choose(desk, 3)
    assert (await in_use(desk)).decay_days == 120.0
    assert len(await revisions(desk)) == 2


async def test_a_person_who_refuses_the_choice_is_not_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await busy(desk, monkeypatch)
    await choose(desk)
    await desk.discard((await revisions(desk))[0])
    await choose(desk, 3)
    assert (await in_use(desk), len(await revisions(desk))) == (SPARSE, 2)


async def test_a_proposal_of_a_person_comes_before_the_choice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await busy(desk, monkeypatch)
    await choose(desk)
    wanted = await desk.propose(preset=None, changes={"decay_days": 120.0})
    _, given_way, _ = await revisions(desk)
    assert (given_way.state, given_way.decided_by) == (ParametersState.DISCARDED, "k2")
    with pytest.raises(ProposalOpen):
        await desk.propose(preset="dense")
    await choose(desk, 2)
    await desk.activate(wanted)
    assert (await in_use(desk)).decay_days == 120.0


async def begun_before(desk: Desk, route_id: UUID) -> None:
    """A mission whose parameters and contributions an earlier program has stored."""
    await desk.put(route_id)
    await desk.tell(new_id(), 1, 30.1, 5.0)
    async with desk.database.of_every_mission("a test").write() as transaction:
        connection = transaction.connection
        await connection.execute(update(MISSIONS).values(parameters=PARAMETERS.write(BEFORE)))
        await connection.execute(update(INCIDENTS).values(complete_revision=None))


async def test_a_mission_that_began_before_is_computed_anew_once(desk: Desk, route_id: UUID) -> None:
    await begun_before(desk, route_id)
    await choose(desk, 2)
    assert await in_use(desk) == SPARSE
    # Nothing is known of the grade: the incident counts as one that nobody graded.
    assert [part.weight for part in (await desk.explained(route_id)).contributions] == [0.4]
    await choose(desk, 2)
    assert len(await revisions(desk)) == 2
    assert await desk.differences() == []


async def test_the_values_that_a_person_chose_before_stay_with_new_formulas(desk: Desk, route_id: UUID) -> None:
    await begun_before(desk, route_id)
    chosen = await desk.propose(preset=None, changes={"decay_days": 120.0})
    await desk.rebuild.once()
    await desk.activate(chosen)
    before = replace(await in_use(desk), formulas=1)
    async with desk.database.of_every_mission("a test").write() as transaction:
        connection = transaction.connection
        await connection.execute(update(MISSIONS).values(parameters=PARAMETERS.write(before)))
        await connection.execute(update(CONTRIBUTIONS).values(share=0.5))
    await choose(desk, 2)
    assert await in_use(desk) == replace(before, formulas=FORMULAS)
    (part,) = (await desk.explained(route_id)).contributions
    other = new_id()
    await desk.put(other)
    assert part == (await desk.explained(other)).contributions[0]
    await choose(desk, 2)
    assert len(await revisions(desk)) == 3


def test_the_span_is_a_season() -> None:
    assert TRAILING_DAYS == 90.0
