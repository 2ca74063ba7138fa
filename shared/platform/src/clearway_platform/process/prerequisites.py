"""What must exist before a service can work: its schema, the schema of the keys, and its topics."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog

from clearway_platform.database.engines import Database
from clearway_platform.database.schema import (
    Schema,
    SchemaStatus,
    SchemaTooNew,
    newer_schema_notice,
    newest_revision,
    schema_of,
    schema_status,
)
from clearway_platform.log.base import Broker, BrokerError

KEYS: Final = "keys"
LOOK_AGAIN_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 3.0

_log = structlog.get_logger(__name__)


class Prerequisites:
    """Checks until everything exists, and logs once what is missing. Once complete it is not checked again."""

    def __init__(self, databases: Mapping[str, tuple[Database, Path]], broker: Broker, topics: Sequence[str]) -> None:
        """`databases`: each with the folder of its migrations."""
        self._databases = databases
        self._broker = broker
        self._topics = topics
        self.missing: str | None = "The databases were not checked yet."
        # Consumers and deliveries do not need the key directory: only requests do.
        self.workable = asyncio.Event()
        self.complete = asyncio.Event()
        self.refused: SchemaTooNew | None = None

    async def wait(self) -> bool:
        """Return True once everything exists, or False if a database is too new for this program."""
        while self.missing is not None:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            try:
                await self.look()
            except SchemaTooNew as error:
                self.refused = error
                return False
        return True

    async def look(self) -> None:
        """Check once, and set `missing`. Raises SchemaTooNew."""
        schemas = {name: await self._schema(name) for name in self._databases}
        problems = {name: found for name, found in schemas.items() if isinstance(found, str)}
        if topics := await self._missing_topics():
            problems["topics"] = f"Kafka has no topic {', '.join(topics)}: run `clearway topics create`."
        if not problems.keys() - {KEYS}:
            self.workable.set()
        missing = " ".join(problems.values()) or None
        if missing is not None and missing != self.missing:
            _log.warning("not_ready", missing=missing)
        if missing is None:
            self.complete.set()
            self._log_newer({name: found for name, found in schemas.items() if isinstance(found, Schema)})
        self.missing = missing

    async def _schema(self, name: str) -> Schema | str:
        """The schema of a database on which this program can run, or what is wrong with it."""
        database, migrations = self._databases[name]
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                schema = await schema_of(database)
        except Exception as error:
            return f"Database `{name}` does not answer ({type(error).__name__})."
        if schema_status(name, schema, migrations) is not SchemaStatus.OLDER:
            return schema
        if schema.revision is None:
            return f"Database `{name}` has no tables yet: run `clearway migrate {name}`."
        newest = newest_revision(migrations)
        return f"Database `{name}` has schema {schema.revision} and needs {newest}: run `clearway migrate {name}`."

    async def _missing_topics(self) -> Sequence[str]:
        """Empty while the broker is away: a service accepts reports meanwhile."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._broker.missing(self._topics)
        except (BrokerError, TimeoutError):
            return ()

    def _log_newer(self, schemas: Mapping[str, Schema]) -> None:
        for name, schema in schemas.items():
            if notice := newer_schema_notice(name, schema, self._databases[name][1]):
                _log.warning("schema_is_newer", notice=notice)
