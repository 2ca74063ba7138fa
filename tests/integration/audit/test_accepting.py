"""What a person decides: another signing key, and a difference that is accepted with its reason."""

from __future__ import annotations

from clearway_platform.audit.links import Fault
from clearway_platform.audit.reading import Wanted, records
from clearway_platform.audit.records import RecordKind
from clearway_platform.checkpoints.checking import DATABASE
from clearway_platform.checkpoints.judging import parse
from clearway_platform.checkpoints.signing import SigningKey

from .conftest import MISSION, Audit
from .test_tampering import HEAD_BACK, OF


async def adopted(audit: Audit, reason: str = "restored the backup of Monday") -> None:
    known, _damaged = parse("", audit.file.read_text().splitlines())
    await audit.accepting().adopt(audit.key, await audit.report(), known, reason)
    await audit.making().write()


async def test_a_restored_backup_is_adopted_and_the_chain_says_so(audit: Audit) -> None:
    await audit.record(7)
    await audit.checkpoint()
    await audit.record(3)
    await audit.checkpoint()
    # As the database was at the first checkpoint.
    await audit.tamper(
        f"DELETE FROM audit_record {OF} AND sequence > 7",
        HEAD_BACK,
        "DELETE FROM audit_checkpoint WHERE sequence > 1",
        "UPDATE audit_place SET sequence = 1",
    )
    faults = {(one.fault, one.sequence, one.place) for one in (await audit.report()).findings}
    assert faults == {(Fault.TRUNCATED, 8, None), (Fault.TRUNCATED, 2, DATABASE)}
    # Until then no checkpoint is made, which would be of another row.
    making = audit.making()
    await making.once()
    assert any("adopt" in (problem or "") for problem in making.problems.values())
    assert len(audit.file.read_text().splitlines()) == 2

    await adopted(audit)
    assert (await audit.report()).findings == []
    [record] = await records(audit.database, MISSION, Wanted(RecordKind.ADOPTED), before=None, limit=10)
    assert record.entry.detail["reason"] == "restored the backup of Monday"
    assert record.entry.actor == "command:someone"

    # What is written from then on is checked as before, and so is what was there.
    await audit.record(2)
    await audit.checkpoint()
    assert (await audit.report()).findings == []
    await audit.tamper(f"UPDATE audit_record SET subject = 'other' {OF} AND sequence = 3")
    assert (await audit.found()).sequence == 3


async def test_a_damaged_record_is_accepted_as_it_is_and_must_stay_so(audit: Audit) -> None:
    await audit.record(6)
    await audit.checkpoint()
    await audit.tamper(f"UPDATE audit_record SET subject = 'a disk failed' {OF} AND sequence = 4")
    assert (await audit.found()).sequence == 4
    await adopted(audit, "a disk failed")
    assert (await audit.report()).findings == []
    await audit.tamper(f"DELETE FROM audit_record {OF} AND sequence = 5")
    found = await audit.found()
    assert (found.fault, found.sequence) == (Fault.REMOVED, 5)


async def test_the_signing_key_is_handed_over(audit: Audit) -> None:
    await audit.record(2)
    await audit.checkpoint()
    old, new = audit.key, SigningKey.make()
    await audit.accepting().change_key(old, new)
    audit.key = new
    await audit.record(2)
    await audit.checkpoint()
    for key in (old, new):
        audit.keys = [key.public]
        assert (await audit.report()).findings == []
    [record] = await records(audit.database, "*", Wanted(RecordKind.SIGNING_KEY_CHANGED), before=None, limit=10)
    assert record.entry.detail == {"key": new.public.id, "before": old.public.id}


async def test_a_key_that_nobody_handed_over_to_is_not_trusted(audit: Audit) -> None:
    await audit.record(2)
    await audit.checkpoint()
    audit.keys = [audit.key.public]
    audit.key = SigningKey.make()
    await audit.checkpoint()
    found = (await audit.report()).findings[0]
    assert (found.fault, found.sequence) == (Fault.CHANGED, 2)
    assert "not signed by a known key" in found.said
