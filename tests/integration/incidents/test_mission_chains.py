"""The chain of a mission's revisions: whoever can write to the database changes the record, and the check names the
first revision, also where a whole incident is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, Executable, insert, select, update

from clearway_incidents.commands.linking import Linking
from clearway_incidents.domain.chain import seal, sealed_part
from clearway_incidents.queries.chains import RevisionChains
from clearway_incidents.storage.tables import INCIDENTS, LINKS, REVISIONS
from clearway_platform.audit.links import Fault
from clearway_platform.checkpoints.findings import Finding
from clearway_platform.checkpoints.walking import Chain
from clearway_platform.checkpoints.witness import Witness
from clearway_platform.clock import new_id
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedHead, FeedRow, OutboxRow
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.precedence import Precedence

from .conftest import Desk
from .test_retention import expiring, retention_of

FEED, FEED_HEAD, OUTBOX = table_of(FeedRow), table_of(FeedHead), table_of(OutboxRow)


async def relay(desk: Desk) -> None:
    """What the relay does with the outbox."""
    async with desk.database.of_every_mission("a test").write() as transaction:
        connection = transaction.connection
        last = (await connection.execute(select(FEED_HEAD.c.last_position))).scalar_one()
        found = (await connection.execute(select(OUTBOX).order_by(OUTBOX.c.id))).all()
        same = ("event_id", "mission", "type", "subject", "time")
        rows = [
            {name: getattr(row, name) for name in same}
            | {"position": position, "published_at": row.recorded_at, "data": row.value.decode()}
            for position, row in enumerate(found, last + 1)
        ]
        if rows:
            await connection.execute(insert(FEED), rows)
            await connection.execute(OUTBOX.delete())
            await connection.execute(update(FEED_HEAD).values(last_position=last + len(rows)))


async def link(desk: Desk) -> None:
    await Linking(desk.database, Feed(desk.database), Precedence().after).link()


async def found(desk: Desk, mission: str = "unmix") -> Finding | None:
    return await Chain(RevisionChains(), desk.database, mission, Witness()).check()


async def links(desk: Desk, mission: str = "unmix") -> list[tuple[int, UUID, int]]:
    query = select(LINKS.c.sequence, LINKS.c.incident_id, LINKS.c.revision).where(LINKS.c.mission == mission)
    return [tuple(row) for row in await desk.rows(query.order_by(LINKS.c.sequence))]


async def three_incidents(desk: Desk) -> list[dict[str, Any]]:
    """Six revisions, in the order in which they were published."""
    await link(desk)  # the first start
    made = [await desk.report() for _ in range(3)]
    await desk.report(by="other:reporter")
    for one in made:
        await desk.step(one, "review")
    await relay(desk)
    await link(desk)
    assert [number for number, _, _ in await links(desk)] == [1, 2, 3, 4, 5, 6]
    assert await found(desk) is None
    return made


async def test_revisions_are_linked_in_the_order_of_the_feed(desk: Desk) -> None:
    made = await three_incidents(desk)
    ids = [UUID(one["incident_id"]) for one in made]
    assert await links(desk) == [(n + 1, ids[n % 3], 1 + n // 3) for n in range(6)]
    assert len(await links(desk, "other")) == 1


async def test_what_was_on_record_before_is_linked_at_the_first_start(desk: Desk) -> None:
    await desk.step(await desk.report(), "review")
    await desk.report()
    await link(desk)
    assert len(await links(desk)) == 3
    await relay(desk)
    await link(desk)  # the events of the same revisions
    assert len(await links(desk)) == 3
    assert await found(desk) is None


async def test_a_revision_that_is_not_published_yet_is_not_missed(desk: Desk) -> None:
    await three_incidents(desk)
    await desk.report()
    assert await found(desk) is None
    await relay(desk)
    assert await found(desk) is None
    await link(desk)
    assert len(await links(desk)) == 7


async def test_a_pruned_feed_is_linked_from_the_record(desk: Desk) -> None:
    await three_incidents(desk)
    await desk.report()
    await relay(desk)
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(FEED.delete())
        await transaction.connection.execute(update(FEED_HEAD).values(pruned_position=FEED_HEAD.c.last_position))
    await link(desk)
    assert len(await links(desk)) == 7


def at(incident: dict[str, Any], revision: int) -> ColumnElement[bool]:
    return (REVISIONS.c.incident_id == UUID(incident["incident_id"])) & (REVISIONS.c.revision == revision)


async def change(desk: Desk, statement: Executable) -> None:
    """Somebody with access to the database."""
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(statement)


async def named(desk: Desk) -> tuple[Fault, int | None]:
    wrong = await found(desk)
    assert wrong is not None
    return wrong.fault, wrong.sequence


CHANGES: dict[str, dict[str, Any]] = {
    "its kind": {"kind": "corrected"},
    "its reason": {"reason": "another"},
    "its principal": {"by": "another"},
    "its hash": {"hash": "made up"},
    "that its texts were removed": {"reduced_at": REVISIONS.c.recorded_at},
}


@pytest.mark.parametrize("values", CHANGES.values(), ids=CHANGES)
async def test_a_revision_that_was_changed(desk: Desk, values: dict[str, Any]) -> None:
    made = await three_incidents(desk)
    await change(desk, update(REVISIONS).where(at(made[1], 1)).values(values))
    assert await named(desk) == (Fault.CHANGED, 2)


async def test_a_revision_that_was_changed_with_its_hash(desk: Desk) -> None:
    made = await three_incidents(desk)
    [row] = await desk.rows(select(REVISIONS).where(at(made[1], 1)))
    state = {**row.state, "narrative": "another story"}
    own = seal(sealed_part(state, row.kind, row.by, row.reason, row.person), row.prev_hash)
    state["audit"] = {**state["audit"], "hash": own}
    await change(desk, update(REVISIONS).where(at(made[1], 1)).values(state=state, hash=own))
    assert await named(desk) == (Fault.CHANGED, 2)


async def test_a_revision_that_was_moved_to_another_mission(desk: Desk) -> None:
    made = await three_incidents(desk)
    await change(desk, update(REVISIONS).where(at(made[1], 1)).values(mission="other"))
    assert await named(desk) == (Fault.REMOVED, 2)
    wrong = await found(desk, "other")
    assert wrong is not None
    assert wrong.fault is Fault.INSERTED
    assert f"revision 1 of incident {made[1]['incident_id']}" in wrong.said


async def test_two_missions_with_one_id_have_each_their_own_links(desk: Desk) -> None:
    chosen = {"incident_id": str(new_id())}
    theirs = await desk.report("other:reporter", **chosen)
    ours = await desk.report(**chosen)
    await link(desk)  # what was on record at the first start
    await desk.step(ours, "review")
    await desk.step(theirs, "review", by="other:verifier")
    await relay(desk)
    await link(desk)
    one = UUID(chosen["incident_id"])
    for mission in ("unmix", "other"):
        assert await links(desk, mission) == [(1, one, 1), (2, one, 2)]
        assert await found(desk, mission) is None
    await change(desk, REVISIONS.delete().where(at(ours, 2), REVISIONS.c.mission == "other"))
    assert await found(desk) is None
    wrong = await found(desk, "other")
    assert wrong is not None
    assert (wrong.fault, wrong.sequence) == (Fault.REMOVED, 2)


NOW: dict[str, tuple[dict[str, Any], int]] = {
    "what lists and the map show": ({"hazard_state": "cleared"}, 5),
    "its place": ({"latitude": 1.5}, 5),
    "set back": ({"revision": 1}, 2),
}


@pytest.mark.parametrize(("values", "number"), NOW.values(), ids=NOW)
async def test_an_incident_that_was_changed_as_it_is_now(desk: Desk, values: dict[str, Any], number: int) -> None:
    made = await three_incidents(desk)
    of = INCIDENTS.c.incident_id == UUID(made[1]["incident_id"])
    await change(desk, update(INCIDENTS).where(of).values(values))
    assert await named(desk) == (Fault.CHANGED, number)


async def test_a_whole_incident_that_was_removed(desk: Desk) -> None:
    made = await three_incidents(desk)
    gone = UUID(made[1]["incident_id"])
    await change(desk, REVISIONS.delete().where(REVISIONS.c.incident_id == gone))
    await change(desk, INCIDENTS.delete().where(INCIDENTS.c.incident_id == gone))
    assert await named(desk) == (Fault.REMOVED, 2)


async def test_the_newest_revision_that_was_removed(desk: Desk) -> None:
    made = await three_incidents(desk)
    await change(desk, REVISIONS.delete().where(at(made[2], 2)))
    assert await named(desk) == (Fault.REMOVED, 6)


async def test_an_incident_that_was_removed_with_its_links(desk: Desk) -> None:
    made = await three_incidents(desk)
    gone = UUID(made[1]["incident_id"])
    for table in (REVISIONS, INCIDENTS, LINKS):
        await change(desk, table.delete().where(table.c.incident_id == gone))
    assert await named(desk) == (Fault.REMOVED, 2)


async def test_links_that_were_cut_off(desk: Desk) -> None:
    await three_incidents(desk)
    await change(desk, LINKS.delete().where(LINKS.c.mission == "unmix", LINKS.c.sequence > 4))
    assert await named(desk) == (Fault.TRUNCATED, 5)


async def test_links_that_were_reordered(desk: Desk) -> None:
    await three_incidents(desk)
    for old, new in ((2, 1000), (4, 2), (1000, 4)):
        of = update(LINKS).where(LINKS.c.mission == "unmix", LINKS.c.sequence == old)
        await change(desk, of.values(sequence=new))
    assert await named(desk) == (Fault.REORDERED, 2)


async def test_a_revision_that_was_inserted(desk: Desk) -> None:
    made = await three_incidents(desk)
    columns = [column.key for column in REVISIONS.c]
    [row] = await desk.rows(select(REVISIONS).where(at(made[0], 1)))
    slipped_in = dict(zip(columns, row, strict=True)) | {"revision": 7}
    await change(desk, insert(REVISIONS).values(slipped_in))
    wrong = await found(desk)
    assert wrong is not None
    assert (wrong.fault, wrong.sequence) == (Fault.INSERTED, None)
    assert f"revision 7 of incident {made[0]['incident_id']}" in wrong.said


async def test_an_incident_that_was_inserted(desk: Desk) -> None:
    made = await three_incidents(desk)
    of = INCIDENTS.c.incident_id == UUID(made[0]["incident_id"])
    [row] = await desk.rows(select(INCIDENTS).where(of))
    other = UUID(int=7)
    columns = [column.key for column in INCIDENTS.c]
    await change(desk, insert(INCIDENTS).values(dict(zip(columns, row, strict=True)) | {"incident_id": other}))
    wrong = await found(desk)
    assert wrong is not None
    assert wrong.fault is Fault.INSERTED
    assert str(other) in wrong.said


async def test_texts_that_were_removed_after_their_retention_are_no_tampering(desk: Desk) -> None:
    await expiring(desk)
    await relay(desk)
    await link(desk)
    desk.clock.advance(timedelta(days=1))
    assert await retention_of(desk).apply() == 1
    await relay(desk)
    await link(desk)
    assert len(await links(desk)) == 3
    assert await found(desk) is None


async def test_a_place_on_the_equator_from_the_south_has_the_same_hash_after_it_was_stored(desk: Desk) -> None:
    """PostgreSQL stores no negative zero."""
    point = {"type": "Point", "coordinates": [-3.9, -0.0]}
    await desk.report(location={"point": point, "precision": "gps"})
    await relay(desk)
    await link(desk)
    assert await found(desk) is None
