"""Whoever can write to a place of checkpoints changes it: the check says so, and goes on with what is genuine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearway_platform.audit.links import Fault
from clearway_platform.checkpoints.findings import PLACE
from clearway_platform.checkpoints.places.file import FilePlace
from clearway_platform.checkpoints.places.stdout import StdoutPlace
from clearway_platform.checkpoints.signing import SigningKey
from clearway_platform.checkpoints.statement import read_line, signed

from .conftest import Audit


async def four_checkpoints(audit: Audit) -> list[str]:
    for _ in range(4):
        await audit.record(2)
        await audit.checkpoint()
    lines = audit.file.read_text().splitlines()
    assert len(lines) == 4
    assert (await audit.report()).findings == []
    return lines


def counted_down(line: str) -> str:
    """A statement that says another count; its signature is of what it said before."""
    content = json.loads(line)
    content["statement"]["chains"][0]["count"] -= 1
    return json.dumps(content)


def signed_by_another(line: str) -> str:
    one = read_line(line)
    assert one is not None
    return signed(one.statement, [SigningKey.make()]).line


FAULTS = {
    "changed": (lambda lines: [lines[0], counted_down(lines[1]), *lines[2:]], Fault.CHANGED, 2),
    "signed by another key": (lambda lines: [lines[0], signed_by_another(lines[1]), *lines[2:]], Fault.CHANGED, 2),
    "removed": (lambda lines: [lines[0], *lines[2:]], Fault.REMOVED, 2),
    "the first removed": (lambda lines: lines[1:], Fault.REMOVED, 1),
    "truncated": (lambda lines: lines[:3], Fault.TRUNCATED, 4),
    "reordered": (lambda lines: [lines[0], lines[2], lines[1], lines[3]], Fault.REORDERED, 3),
    "emptied": (lambda lines: [], Fault.REMOVED, 1),
    "damaged": (lambda lines: [lines[0], lines[1][:-20] + '"signatures"', *lines[2:]], Fault.CHANGED, None),
}


@pytest.mark.parametrize(("change", "fault", "sequence"), FAULTS.values(), ids=FAULTS)
async def test_a_place_that_was_tampered_with(audit: Audit, change, fault: Fault, sequence: int | None) -> None:  # type: ignore[no-untyped-def]
    lines = await four_checkpoints(audit)
    audit.file.write_text("".join(f"{line}\n" for line in change(lines)))
    first = (await audit.report()).findings[0]
    assert (first.chain, first.fault, first.sequence) == (PLACE, fault, sequence)
    assert str(audit.file) in first.said


async def test_a_place_that_is_gone(audit: Audit) -> None:
    await four_checkpoints(audit)
    audit.file.unlink()
    found = await audit.found()
    assert (found.chain, found.fault) == (PLACE, Fault.REMOVED)


async def test_the_records_are_still_checked_when_the_place_was_tampered_with(audit: Audit) -> None:
    lines = await four_checkpoints(audit)
    audit.file.write_text("".join(f"{line}\n" for line in lines[1:]))
    await audit.tamper("UPDATE audit_record SET subject = 'other' WHERE sequence = 3")
    faults = {(one.chain, one.fault, one.sequence) for one in (await audit.report()).findings}
    assert faults == {(PLACE, Fault.REMOVED, 1), ("audit", Fault.CHANGED, 3)}


async def test_checkpoints_that_were_removed_from_the_database(audit: Audit) -> None:
    await four_checkpoints(audit)
    await audit.tamper("DELETE FROM audit_checkpoint WHERE sequence > 2")
    found = await audit.found()
    assert (found.chain, found.fault, found.sequence, found.place) == (PLACE, Fault.TRUNCATED, 3, "database")


async def test_other_lines_of_a_log_are_passed_over_and_a_repeat_is_one(audit: Audit) -> None:
    lines = await four_checkpoints(audit)
    mixed = ['{"event": "request"}', lines[0], "INFO started", lines[1], lines[1], *lines[2:]]
    audit.file.write_text("".join(f"{line}\n" for line in mixed))
    assert (await audit.report()).findings == []


async def test_places_fail_apart(audit: Audit, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    away = FilePlace(blocked / "checkpoints.jsonl")
    audit.places = [away, *audit.places, StdoutPlace()]
    await audit.record(2)
    await audit.checkpoint()
    await audit.record(2)
    await audit.checkpoint()
    assert len(audit.file.read_text().splitlines()) == 2
    printed = [one for line in capsys.readouterr().out.splitlines() if (one := read_line(line)) is not None]
    assert [one.statement.sequence for one in printed] == [1, 2]
    # What it missed is written when it answers again.
    blocked.unlink()
    await audit.making().write()
    assert away.path.read_text() == audit.file.read_text()
    assert (await audit.report()).findings == []


async def test_a_line_that_a_crash_cut_off_does_not_join_the_next_one(audit: Audit) -> None:
    await audit.record(1)
    await audit.checkpoint()
    whole = audit.file.read_text()
    audit.file.write_text(whole + whole[:40])
    await audit.checkpoint()
    assert len(audit.file.read_text().splitlines()) == 3
    assert (await audit.report()).findings == []


async def test_a_file_is_for_its_owner_alone(audit: Audit) -> None:
    await audit.checkpoint()
    assert audit.file.stat().st_mode & 0o077 == 0
