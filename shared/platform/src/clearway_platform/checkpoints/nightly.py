"""Checks the audit: soon after the start what came since the last checkpoint, and every night everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from clearway_platform.checkpoints import storage
from clearway_platform.checkpoints.checking import Check
from clearway_platform.checkpoints.findings import Finding
from clearway_platform.checkpoints.storage import Checked
from clearway_platform.clock import Clock
from clearway_platform.messaging.retry import retry_until_done

NIGHT_HOUR: Final = 3
"""The hour of the day, in UTC, at which everything is checked."""
START: Final = "start"
FULL: Final = "full"
# Requests and warnings go first: the process has just started.
_FIRST_SECONDS: Final = 20.0
# Another process has done it this night.
_RECENTLY: Final = timedelta(hours=12)
REST: Final = 3.0
"""How long a check in the background rests after each part, as a share of the time that the part took."""

FINDINGS = Gauge("clearway_audit_findings", "Records and checkpoints that were found tampered with", ["scope"])
CHECKED = Gauge("clearway_audit_checked_timestamp_seconds", "When the audit was last checked", ["scope"])

log = structlog.get_logger(__name__)


class Checks:
    """A worker. `check` makes the check anew each time: the signing key may be another one since."""

    def __init__(self, check: Callable[[], Check], clock: Clock) -> None:
        self._check = check
        self._clock = clock

    async def run(self) -> None:
        await asyncio.sleep(_FIRST_SECONDS)
        await retry_until_done(self.at_start)
        while True:
            await asyncio.sleep(until_night(self._clock.now()).total_seconds())
            await retry_until_done(self.everything)

    async def at_start(self) -> Sequence[Finding]:
        return await self._note(START, await self._check().since_last())

    async def everything(self) -> Sequence[Finding]:
        """What is found; nothing where another process has just checked."""
        check = self._check()
        known = {one.scope: one for one in await storage.checks(check.database)}
        if FULL in known and self._clock.now() - known[FULL].checked_at < _RECENTLY:
            FINDINGS.labels(FULL).set(len(known[FULL].findings))
            return ()
        findings = await self._note(FULL, (await check.everything()).findings)
        # What the check at the start found is in it, or was accepted since.
        FINDINGS.labels(START).set(0)
        await storage.note_check(check.database, Checked(START, self._clock.now(), []))
        return findings

    async def _note(self, scope: str, findings: Sequence[Finding]) -> Sequence[Finding]:
        now = self._clock.now()
        FINDINGS.labels(scope).set(len(findings))
        CHECKED.labels(scope).set(now.timestamp())
        for found in findings:
            # Without the mission: what leaves with the logs must not say who uses the platform.
            log.error("audit_tampered", chain=found.chain, fault=str(found.fault), sequence=found.sequence, scope=scope)
        if not findings:
            log.info("audit_is_whole", scope=scope)
        await storage.note_check(self._check().database, Checked(scope, now, [one.plain() for one in findings]))
        return findings


def until_night(now: datetime) -> timedelta:
    """The time until the next night."""
    tonight = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return (tonight if tonight > now else tonight + timedelta(days=1)) - now
