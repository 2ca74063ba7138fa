"""Whoever can write to the database changes a record: the check names the first one, and what was done to it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from clearway_platform.audit.canonical import chained
from clearway_platform.audit.links import Fault
from clearway_platform.audit.source import record_of
from clearway_platform.audit.tables import HEADS, RECORDS

from .conftest import MISSION, Audit

OF = "WHERE mission = 'unmix'"
# A primary key is moved by way of numbers that no record has.
CLOSE_UP = (
    f"UPDATE audit_record SET sequence = sequence + 1000 {OF} AND sequence > 4",
    f"UPDATE audit_record SET sequence = sequence - 1001 {OF} AND sequence > 1000",
)
MAKE_ROOM = (
    f"UPDATE audit_record SET sequence = sequence + 1000 {OF} AND sequence >= 4",
    f"UPDATE audit_record SET sequence = sequence - 999 {OF} AND sequence > 1000",
)
INSERT = (
    "INSERT INTO audit_record (mission, sequence, at, kind, actor, subject, detail, previous, hash)"
    " SELECT mission, 4, at, kind, actor, 'slipped in', detail, hash, 'made up' FROM audit_record"
    f" {OF} AND sequence = 3"
)
SWAP = (
    f"UPDATE audit_record SET sequence = 1000 {OF} AND sequence = 4",
    f"UPDATE audit_record SET sequence = 4 {OF} AND sequence = 6",
    f"UPDATE audit_record SET sequence = 6 {OF} AND sequence = 1000",
)
HEAD_BACK = f"UPDATE audit_head SET sequence = 7, hash = (SELECT hash FROM audit_record {OF} AND sequence = 7) {OF}"
FAULTS = {
    "changed": ([f"UPDATE audit_record SET subject = 'other' {OF} AND sequence = 4"], Fault.CHANGED, 4),
    "a time changed": ([f"UPDATE audit_record SET at = '2020-01-01 00:00:00' {OF} AND sequence = 4"], Fault.CHANGED, 4),
    "inserted": ([*MAKE_ROOM, INSERT], Fault.INSERTED, 4),
    "removed": ([f"DELETE FROM audit_record {OF} AND sequence = 4"], Fault.REMOVED, 4),
    "removed and closed up": ([f"DELETE FROM audit_record {OF} AND sequence = 4", *CLOSE_UP], Fault.REMOVED, 4),
    "truncated": ([f"DELETE FROM audit_record {OF} AND sequence > 7"], Fault.TRUNCATED, 8),
    "reordered": (list(SWAP), Fault.REORDERED, 4),
}


@pytest.mark.parametrize(("statements", "fault", "sequence"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("has_checkpoints", [True, False], ids=["checkpoints", "none"])
async def test_the_first_record_is_named(
    audit: Audit, statements: list[str], fault: Fault, sequence: int, has_checkpoints: bool
) -> None:
    await audit.record(5)
    await audit.record(3, "other")
    if has_checkpoints:
        await audit.checkpoint()
    await audit.record(5)
    if has_checkpoints:
        await audit.checkpoint()
    assert (await audit.report()).findings == []
    await audit.tamper(*statements)
    found = await audit.found()
    assert (found.chain, found.mission, found.fault, found.sequence) == ("audit", MISSION, fault, sequence)
    if has_checkpoints:
        assert ("before checkpoint 1" if sequence < 6 else "between checkpoints 1 and 2") in found.said


async def rewritten(audit: Audit, number: int) -> None:
    """A record is changed, and every hash from there on is computed anew, also that of the end of the chain."""
    async with audit.database.of_every_mission("a test").write() as transaction:
        connection = transaction.connection
        changed = update(RECORDS).where(RECORDS.c.mission == MISSION, RECORDS.c.sequence == number)
        await connection.execute(changed.values(subject="other"))
        query = select(RECORDS).where(RECORDS.c.mission == MISSION).order_by(RECORDS.c.sequence)
        previous = None
        for row in (await connection.execute(query)).all():
            own = chained(record_of(row).entry.sealed_part(), previous)
            at = update(RECORDS).where(RECORDS.c.mission == MISSION, RECORDS.c.sequence == row.sequence)
            await connection.execute(at.values(previous=previous, hash=own))
            previous = own
        await connection.execute(update(HEADS).where(HEADS.c.mission == MISSION).values(hash=previous))


async def test_a_chain_that_was_written_anew_is_known_by_its_checkpoints_alone(audit: Audit) -> None:
    await audit.record(10)
    await rewritten(audit, 4)
    assert (await audit.report()).findings == []  # nothing was signed yet
    await audit.checkpoint()
    await audit.record(3)
    await rewritten(audit, 6)
    found = await audit.found()
    assert (found.fault, found.sequence) == (Fault.CHANGED, 6)
    assert "written anew" in found.said


async def test_a_chain_that_was_cut_off_with_its_end_is_known_by_its_checkpoints(audit: Audit) -> None:
    await audit.record(10)
    await audit.checkpoint()
    await audit.tamper(f"DELETE FROM audit_record {OF} AND sequence > 7", HEAD_BACK)
    found = await audit.found()
    assert (found.fault, found.sequence) == (Fault.TRUNCATED, 8)
    # It grows again, and the next checkpoint signs what is there now.
    await audit.record(5)
    await audit.checkpoint()
    found = await audit.found()
    assert (found.fault, found.sequence) == (Fault.CHANGED, 8)


async def test_a_chain_that_is_gone_is_missed(audit: Audit) -> None:
    await audit.record(4)
    await audit.checkpoint()
    await audit.tamper(f"DELETE FROM audit_record {OF}", f"DELETE FROM audit_head {OF}")
    found = await audit.found()
    assert (found.fault, found.sequence) == (Fault.TRUNCATED, 1)


async def test_a_record_beyond_the_end_was_inserted(audit: Audit) -> None:
    await audit.record(3)
    await audit.tamper(INSERT)
    found = await audit.found()
    assert found.fault is Fault.CHANGED  # its hash is none
    assert found.sequence == 4


async def test_marks_that_are_far_apart_still_find_it(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearway_platform.checkpoints.states.MOST_MARKS", 4)
    await audit.record(30)
    await audit.checkpoint()
    assert (await audit.report()).findings == []
    await rewritten(audit, 3)
    found = await audit.found()
    assert found.fault is Fault.CHANGED
    assert found.sequence == 9  # the first that has a mark


async def test_the_check_at_the_start_looks_at_what_came_since(audit: Audit) -> None:
    await audit.record(5)
    await audit.checkpoint()
    await audit.record(5)
    assert await audit.check().since_last() == []
    await audit.tamper(f"UPDATE audit_record SET subject = 'other' {OF} AND sequence = 8")
    [found] = await audit.check().since_last()
    assert (found.fault, found.sequence) == (Fault.CHANGED, 8)


async def test_the_next_checkpoint_notices_that_the_last_end_is_gone(audit: Audit) -> None:
    await audit.record(5)
    await audit.checkpoint()
    await rewritten(audit, 2)
    making = audit.making()
    await making.make(audit.key)
    assert any("is gone" in (problem or "") for problem in making.problems.values())


async def test_many_records_are_checked_part_by_part(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearway_platform.checkpoints.walking.AT_ONCE", 3)
    await audit.record(10)
    assert (await audit.report()).findings == []
    await audit.tamper(f"UPDATE audit_record SET subject = 'other' {OF} AND sequence = 10")
    assert (await audit.found()).sequence == 10
