"""What is past `retention_until` is reduced to what statistics need, wherever it is stored, and that is on record."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from clearway_incidents.commands.retention import REASON, Retention, until_night
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.retention import REMOVED
from clearway_incidents.storage.states import INCIDENT
from clearway_incidents.storage.tables import EXTERNAL_REFS, INCIDENTS, REVISIONS
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedRow, OutboxRow
from clearway_platform.messaging.outbox import Outbox
from clearway_testing.contract import hold_against_contract

from .conftest import Desk, a_claim, a_report

SECRET = "behind the third culvert"
FEED, OUTBOX = table_of(FeedRow), table_of(OutboxRow)
REF = {"system": "register", "id": "4711"}


def retention_of(desk: Desk) -> Retention:
    outbox = Outbox(desk.clock, check=hold_against_contract)
    return Retention(Revisions(desk.clock, outbox, INCIDENT), desk.database)


async def expiring(desk: Desk, **changes: Any) -> dict[str, Any]:
    """An incident that is kept for an hour more, with the secret in every text."""
    until = (desk.clock.now() + timedelta(hours=1)).isoformat()
    lines = {"line_2_reporting_unit_and_location": SECRET}
    made = await desk.report(
        sharing={"tlp": "green", "retention_until": until},
        narrative=SECRET,
        location=a_report()["location"] | {"place_name": SECRET, "admin1": "Gao"},
        external_refs=[REF],
        report={"organisation": SECRET, "role": SECRET, "contact_ref": SECRET, "nine_line": lines},
        casualties=[{"outcome": "injured", "low": 1, "best": 2, "high": 3}],
        **changes,
    )
    claim = a_claim(organisation=SECRET, extent=SECRET, reference=SECRET, reason=SECRET)
    return await desk.step(made, "clearance", claim, by="unmix:operator")


async def stored(desk: Desk) -> str:
    """All that the database holds of incidents, but the outbox."""
    rows = [await desk.rows(select(table)) for table in (INCIDENTS, REVISIONS, EXTERNAL_REFS, FEED)]
    return repr([[tuple(row) for row in found] for found in rows])


async def relayed(desk: Desk) -> None:
    """Everything in the outbox stands in the feed, too."""
    async with desk.database.of_every_mission("a test").write() as transaction:
        found = (await transaction.connection.execute(select(OUTBOX).order_by(OUTBOX.c.id))).all()
        rows = [
            {
                "position": position,
                "event_id": row.event_id,
                "mission": row.mission,
                "type": row.type,
                "subject": row.subject,
                "time": row.time,
                "published_at": row.recorded_at,
                "data": row.value.decode(),
            }
            for position, row in enumerate(found, 1)
        ]
        await transaction.connection.execute(insert(FEED), rows)


async def test_what_is_past_it_keeps_what_statistics_need(desk: Desk) -> None:
    made = await expiring(desk)
    await relayed(desk)
    assert SECRET in await stored(desk)
    desk.clock.advance(timedelta(hours=2))
    assert await retention_of(desk).apply() == 1
    assert SECRET not in await stored(desk)
    left = await desk.read(made, by="unmix:admin")
    assert (left["narrative"], left["external_refs"], left["location"]["place_name"]) == ("", [], None)
    assert (left["reports"][0]["organisation"], left["clearance"]["extent"]) == (REMOVED, None)
    # Of the hazard nothing is taken: people are still kept away from it.
    kept = ("category", "outcome", "hazard_state", "casualties", "time", "status")
    assert {name: left[name] for name in kept} == {name: made[name] for name in kept}
    assert left["location"]["point"] == made["location"]["point"]
    assert left["location"]["admin1"] == "Gao"


async def test_it_is_a_row_of_the_history_and_an_event(desk: Desk) -> None:
    made = await expiring(desk)
    desk.clock.advance(timedelta(hours=2))
    await retention_of(desk).apply()
    history = (await desk.ask("GET", f"/{made['incident_id']}/revisions", by="unmix:admin")).json()["items"]
    assert [(row["revision"], row["kind"], row["reason"]) for row in history] == [
        (3, "expired", REASON),
        (2, "clearance_claimed", REMOVED),
        (1, "reported", None),
    ]
    assert [row["reduced_at"] is None for row in history] == [True, False, False]
    # The chain still leads from each revision to the one before it.
    assert [row["prev_hash"] for row in history] == [history[1]["hash"], history[2]["hash"], None]
    kind, body = (await desk.published())[-1]
    assert kind == "incident.corrected"
    assert {"narrative", "reports"} <= set(json.loads(body)["changed"])
    assert SECRET.encode() not in body


async def test_it_is_done_once_and_not_before(desk: Desk) -> None:
    made = await expiring(desk)
    await desk.report()
    assert await retention_of(desk).apply() == 0
    desk.clock.advance(timedelta(hours=2))
    assert await retention_of(desk).apply() == 1
    assert await retention_of(desk).apply() == 0
    assert (await desk.read(made, by="unmix:admin"))["revision"] == 3


async def test_what_is_added_later_is_removed_again(desk: Desk) -> None:
    made = await expiring(desk)
    desk.clock.advance(timedelta(hours=2))
    await retention_of(desk).apply()
    patch = {"narrative": SECRET}
    again = await desk.ask("PATCH", f"/{made['incident_id']}", patch, by="unmix:admin", seen=3, reason=SECRET)
    assert again.status_code == 200, again.text
    assert await retention_of(desk).apply() == 1
    assert SECRET not in await stored(desk)


async def test_an_import_does_not_bring_it_back(desk: Desk) -> None:
    until = (desk.clock.now() + timedelta(hours=1)).isoformat()
    item = a_report(external_refs=[REF], narrative="first", sharing={"tlp": "green", "retention_until": until})

    async def imported(**changes: Any) -> dict[str, Any]:
        answer = await desk.ask("POST", "/v1/incident-imports", [item | changes], by="unmix:operator")
        found: dict[str, Any] = answer.json()["items"][0]
        return found

    assert (await imported())["result"] == "created"
    desk.clock.advance(timedelta(hours=2))
    await retention_of(desk).apply()
    assert (await imported())["result"] == "unchanged"
    newer = await imported(narrative=SECRET)
    assert (newer["result"], "retention" in newer["problem"]) == ("refused", True)
    assert SECRET not in await stored(desk)


async def test_a_row_of_an_older_program_is_found_by_its_state(desk: Desk) -> None:
    await expiring(desk)
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(update(INCIDENTS).values(retention_until=None, marks_of=None))
    assert await retention_of(desk).apply() == 0
    desk.clock.advance(timedelta(hours=2))
    assert await retention_of(desk).apply() == 1
    assert SECRET not in await stored(desk)


@pytest.mark.parametrize(
    ("now", "hours"), [(datetime(2026, 3, 1, 1, tzinfo=UTC), 1), (datetime(2026, 3, 1, 2, tzinfo=UTC), 24)]
)
def test_it_is_done_at_night(now: datetime, hours: int) -> None:
    assert until_night(now) == timedelta(hours=hours)
