"""Under what a run was made: the machine, and what each store promised when it said "done", asked of the stores."""

import os
import platform as python_platform
from dataclasses import dataclass
from typing import Final

import asyncpg
import psutil
from sqlalchemy import text

from benchmarks.platforms import Platform
from clearway_platform.database.engines import Database

SQLITE_SYNCHRONOUS: Final = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
KAFKA: Final = "acks=all, idempotent producer, one replica; flushed by the system, as Kafka does by default"


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    memory_gib: float
    system: str
    python: str


def machine() -> Machine:
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{python_platform.system()} {python_platform.machine()}",
        python=python_platform.python_version(),
    )


async def durability(platform: Platform) -> dict[str, str]:
    """What a commit means on this platform."""
    if platform.broker_url is None:
        return {"SQLite, databases": await _sqlite(platform.keys_url), "SQLite, log": "WAL, synchronous=FULL"}
    return {"PostgreSQL": await _postgres(platform.keys_url), "Kafka": KAFKA}


async def _sqlite(url: str) -> str:
    """Of a connection that Clearway's own settings made."""
    database = Database(url, pool_size=1)
    try:
        async with database.of_every_mission("a test").read() as connection:
            mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
            synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        return f"{str(mode).upper()}, synchronous={SQLITE_SYNCHRONOUS[synchronous]}"
    finally:
        await database.close()


async def _postgres(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        settings = ("fsync", "synchronous_commit", "full_page_writes")
        return ", ".join([f"{name}={await connection.fetchval(f'SHOW {name}')}" for name in settings])
    finally:
        await connection.close()
