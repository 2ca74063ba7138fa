"""The checks of a process: what they find is in the database, for the dashboard, and in the metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from clearway_platform.checkpoints import storage
from clearway_platform.checkpoints.nightly import FINDINGS, FULL, START, Checks, until_night

from .conftest import Audit
from .test_tampering import OF


def shown(scope: str) -> float:
    return float(FINDINGS.labels(scope)._value.get())  # noqa: SLF001 - the client has no public way to read one


async def noted(audit: Audit) -> dict[str, list[str]]:
    return {one.scope: [found["fault"] for found in one.findings] for one in await storage.checks(audit.database)}


async def test_what_is_found_is_noted_and_shown(audit: Audit) -> None:
    checks = Checks(audit.check, audit.clock)
    await audit.record(3)
    await audit.checkpoint()
    await audit.record(1)
    assert await checks.at_start() == []
    assert await checks.everything() == []
    assert await noted(audit) == {START: [], FULL: []}

    await audit.tamper(f"UPDATE audit_record SET subject = 'other' {OF} AND sequence = 4")
    await checks.at_start()
    assert (await noted(audit))[START] == ["changed"]
    assert shown(START) == 1
    # Another process has checked everything this night.
    assert await checks.everything() == ()
    audit.clock.advance(timedelta(hours=13))
    assert len(await checks.everything()) == 1
    assert await noted(audit) == {START: [], FULL: ["changed"]}
    assert (shown(START), shown(FULL)) == (0, 1)


async def test_a_mission_is_told_of_its_own_chain_and_of_the_checkpoints(audit: Audit) -> None:
    checks = Checks(audit.check, audit.clock)
    await audit.record(2)
    await audit.record(2, "other")
    await audit.checkpoint()
    await audit.checkpoint()
    await audit.tamper(f"UPDATE audit_record SET subject = 'other' {OF} AND sequence = 2")
    audit.file.write_text(audit.file.read_text().splitlines()[0] + "\n")
    await checks.everything()

    async def told(mission: str) -> dict[str, list[str]]:
        found = await storage.checks_of(audit.database, mission)
        return {one.scope: [finding["chain"] for finding in one.findings] for one in found}

    assert await told("unmix") == {START: [], FULL: ["checkpoints", "audit"]}
    assert await told("other") == {START: [], FULL: ["checkpoints"]}


def test_the_night_comes_once_a_day() -> None:
    assert until_night(datetime(2026, 3, 1, 2, 30, tzinfo=UTC)) == timedelta(minutes=30)
    assert until_night(datetime(2026, 3, 1, 3, 0, tzinfo=UTC)) == timedelta(days=1)
