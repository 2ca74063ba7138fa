"""Nothing but a stage of the policy decides when something is due: one that a test adds is obeyed everywhere."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.policy.facts import Cause, Drop, Hold, Known, Message, SendAt, Stage, Verdict
from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION
from clearway_contracts.vocabulary import Severity, Status
from clearway_platform.auth.principals import Principal, Role
from clearway_testing.plumbing import running

from .conftest import Service

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
NOWHERE = "http://127.0.0.1:9/hook"
BROKEN = AttemptResult(AttemptKind.TRY_AGAIN, 500, "status 500", 1.0)
OK = AttemptResult(AttemptKind.DELIVERED, 204, None, 1.0)
NewIncident = Callable[..., Any]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


async def _is_attempted(alerts: Service) -> bool:
    return all(row["attempts"] > 0 for row in await alerts.rows(DELIVERY))


class QuietHours:
    """A stage as a later file would hold it: nothing that is less than extreme is sent before `ends_at`."""

    def __init__(self) -> None:
        self.ends_at: Any = None
        self.asked: list[Cause] = []

    def __call__(self, message: Message, known: Known, verdict: SendAt) -> Verdict:
        self.asked.append(known.cause)
        if self.ends_at is None or verdict.at >= self.ends_at or message.severity is Severity.EXTREME:
            return verdict
        return SendAt(self.ends_at, verdict.in_turn)


@pytest.fixture
def quiet() -> QuietHours:
    return QuietHours()


@pytest.fixture
def extra_stages(quiet: QuietHours) -> list[Stage]:
    return [quiet]


@pytest.fixture
def begin(alerts: Service, quiet: QuietHours) -> Callable[[], None]:
    """Quiet hours begin now, and last for eight hours."""

    def begin_now() -> None:
        quiet.ends_at = alerts.clock.now() + timedelta(hours=8)

    return begin_now


async def due(alerts: Service) -> list[Any]:
    return [row["due_at"] for row in await alerts.rows(DELIVERY, "sequence")]


async def test_the_first_sending_obeys(
    alerts: Service, quiet: QuietHours, begin: Callable[[], None], report: NewIncident
) -> None:
    await alerts.subscribe(NOWHERE)
    begin()
    await alerts.warn(report())
    assert (await due(alerts), await alerts.lease()) == ([quiet.ends_at], [])
    await alerts.warn(report(incident_id=UUID(int=7), killed_high=3))
    assert len(await alerts.lease()) == 1, "what is extreme is sent"
    alerts.clock.advance(timedelta(hours=8))
    assert len(await alerts.lease()) == 2


async def test_a_retry_obeys(
    alerts: Service, quiet: QuietHours, begin: Callable[[], None], report: NewIncident
) -> None:
    await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    begin()
    await alerts.record(await alerts.lease(), BROKEN)
    assert await due(alerts) == [quiet.ends_at]
    assert quiet.asked[-1] is Cause.ATTEMPT_FAILED


async def test_what_waited_for_a_resume_obeys(
    alerts: Service, quiet: QuietHours, begin: Callable[[], None], report: NewIncident
) -> None:
    row = await alerts.subscribe(NOWHERE)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, row["id"], 1)
    await alerts.warn(report())
    assert [row["held"] for row in await alerts.rows(DELIVERY)] == ["paused by its owner"]
    begin()
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.resume(transaction, OWNER, row["id"], 2)
    assert [row["held"] for row in await alerts.rows(DELIVERY)] == [None]
    assert (await due(alerts), await alerts.lease()) == ([quiet.ends_at], [])


async def test_what_a_later_alert_waits_for_obeys(
    alerts: Service, quiet: QuietHours, begin: Callable[[], None], report: NewIncident
) -> None:
    await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    await alerts.record(await alerts.lease(), BROKEN)
    begin()
    await alerts.warn(report(revision=2, status=Status.RETRACTED))
    assert Cause.LATER_ALERT in quiet.asked
    assert await due(alerts) == [quiet.ends_at] * 2


async def test_a_receiver_that_recovers_and_a_person_who_asks_obey(
    alerts: Service, quiet: QuietHours, begin: Callable[[], None], report: NewIncident
) -> None:
    await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    await alerts.warn(report(incident_id=UUID(int=7)))
    one, other = await alerts.lease()
    await alerts.record([one], BROKEN)
    begin()
    await alerts.record([other], OK)
    [waiting] = [row for row in await alerts.rows(DELIVERY) if row["state"] == "pending"]
    assert (waiting["due_at"], quiet.asked[-1]) == (quiet.ends_at, Cause.RECOVERED)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.queue.send_now(transaction, DELIVERY.c.id == waiting["id"], OWNER.id)
    assert quiet.ends_at in await due(alerts)
    assert quiet.asked[-1] is Cause.ASKED


async def test_a_hold_ends_although_the_program_that_resumed_knows_no_holds(
    alerts: Service, report: NewIncident, until: Until
) -> None:
    """Release 0.1.0 may run beside this version."""
    row = await alerts.subscribe(NOWHERE)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, row["id"], 1)
    await alerts.warn(report())
    async with alerts.database.of_every_mission("a test").write() as transaction:
        resumed = SUBSCRIPTION.update().values(state="active", state_reason=None, revision=3)
        await transaction.connection.execute(resumed)
    assert await alerts.lease() == []
    async with running(alerts.worker.run):
        await until(partial(_is_attempted, alerts))


async def test_nothing_is_sent_while_paused_although_it_was_not_held(alerts: Service, report: NewIncident) -> None:
    """The alert's transaction did not see that the subscription was paused at the same moment."""
    await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(SUBSCRIPTION.update().values(state="paused", revision=2))
    assert await alerts.lease() == []


async def test_a_deleted_subscription_drops_what_waits(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.delete(transaction, OWNER, row["id"], 1)
    [delivery] = await alerts.rows(DELIVERY)
    assert (delivery["state"], delivery["last_error"]) == ("dead", "the subscription was deleted")


@pytest.mark.parametrize(
    ("verdict", "columns"),
    [
        (Drop("nobody needs it"), {"state": "dead", "last_error": "nobody needs it", "held": None}),
        (
            Hold("until it is acknowledged"),
            {"state": "pending", "last_error": None, "held": "until it is acknowledged"},
        ),
    ],
)
async def test_a_new_delivery_can_be_dropped_or_held(
    alerts: Service, report: NewIncident, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, columns: dict[str, Any]
) -> None:
    await alerts.subscribe(NOWHERE)
    monkeypatch.setattr(QuietHours, "__call__", lambda *_: verdict)
    await alerts.warn(report())
    [row] = await alerts.rows(DELIVERY)
    assert {name: row[name] for name in columns} == columns
    assert await alerts.lease() == []
