"""An audit on SQLite and on PostgreSQL: its chains, a place of checkpoints, and the check of both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from clearway_platform.audit.chain import append
from clearway_platform.audit.records import Entry, RecordKind
from clearway_platform.audit.source import AuditChains
from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.checkpoints.accepting import Accepting
from clearway_platform.checkpoints.checking import Check, Report
from clearway_platform.checkpoints.findings import Finding
from clearway_platform.checkpoints.making import Checkpoints
from clearway_platform.checkpoints.places.file import FilePlace
from clearway_platform.checkpoints.places.place import Place
from clearway_platform.checkpoints.signing import PublicKey, SigningKey
from clearway_platform.checkpoints.states import Chains
from clearway_platform.database.engines import Database
from clearway_platform.settings import Settings
from clearway_testing.manual_clock import ManualClock

MISSION = "unmix"


@dataclass
class Audit:
    """`key` signs; `places` get the checkpoints."""

    database: Database
    clock: ManualClock
    folder: Path
    key: SigningKey
    places: Sequence[Place]
    keys: list[PublicKey] = field(default_factory=list)

    @property
    def chains(self) -> Sequence[Chains]:
        return [Chains(AuditChains(), self.database)]

    @property
    def file(self) -> Path:
        return self.folder / "checkpoints.jsonl"

    async def record(self, count: int, mission: str = MISSION) -> None:
        """Further records."""
        now = self.clock.now()
        entries = [Entry(mission, RecordKind.DENIED, now, "key", f"n{number}") for number in range(count)]
        async with self.database.of_every_mission("a test").write() as transaction:
            await append(transaction, entries)

    async def checkpoint(self) -> None:
        """One more checkpoint, at every place that answers."""
        making = self.making()
        assert await making.make(self.key) is not None
        await making.write()
        self.clock.advance(timedelta(minutes=10))

    def making(self) -> Checkpoints:
        settings = Settings(data_dir=self.folder)
        return Checkpoints(settings, self.clock, self.database, self.chains, self.places)

    def check(self) -> Check:
        return Check(self.database, self.chains, self.places, self.keys or [self.key.public])

    def accepting(self) -> Accepting:
        return Accepting(self.database, self.chains, self.clock, "command:someone")

    async def report(self) -> Report:
        return await self.check().everything()

    async def found(self) -> Finding:
        """The one thing that is wrong."""
        findings = (await self.report()).findings
        assert len(findings) == 1, findings
        return findings[0]

    async def tamper(self, *statements: str, **values: Any) -> None:
        """Somebody with access to the database."""
        async with self.database.of_every_mission("a test").write() as transaction:
            for statement in statements:
                await transaction.connection.execute(text(statement), values)


@pytest.fixture
def scripts_run() -> Path:
    """A fresh database has the tables of the audit."""
    return MIGRATIONS


@pytest.fixture
async def audit(database_url: str, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Audit]:
    database = Database(database_url)
    yield Audit(database, clock, tmp_path, SigningKey.make(), [FilePlace(tmp_path / "checkpoints.jsonl")])
    await database.close()
