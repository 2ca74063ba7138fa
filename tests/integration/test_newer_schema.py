"""This program on databases that a newer one has migrated: it runs where it may, and says which versions are meant."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clearway_analytics.main import STORAGE
from clearway_platform.auth.keys import MIGRATIONS as KEYS
from clearway_platform.database.migrations import upgrade
from clearway_platform.database.schema import PROGRAM, newest_revision
from clearway_testing.platforms import THIS_PROGRAM

NEWER = '''"""Of a version to come."""

from alembic import op

revision = "0099"
down_revision = "{newest}"
{declared}


def upgrade() -> None:
    op.execute("CREATE TABLE of_a_version_to_come (id INTEGER PRIMARY KEY)")
'''
KNOWN = newest_revision(STORAGE.migrations)


@pytest.fixture
def migrated_by_newer(tmp_path: Path, new_database_url: Callable[[], str]) -> Callable[[str], dict[str, str]]:
    """Makes a database as a version to come would, whose last script declares this; returns the settings."""

    def migrate(declared: str) -> dict[str, str]:
        folder = tmp_path / "migrations"
        shutil.copytree(STORAGE.migrations, folder)
        (folder / "versions/0099_to_come.py").write_text(NEWER.format(newest=KNOWN, declared=declared))
        analytics, keys = new_database_url(), new_database_url()
        asyncio.run(upgrade(analytics, folder))
        asyncio.run(upgrade(keys, KEYS))
        return {
            "CLEARWAY_ANALYTICS_DATABASE_URL": analytics,
            "CLEARWAY_KEYS_DATABASE_URL": keys,
            "CLEARWAY_DATA_DIR": str(tmp_path),
        }

    return migrate


def clearway(settings: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    """The exit code, and what was printed."""

    async def run() -> tuple[int | None, str]:
        command = await asyncio.create_subprocess_exec(
            *THIS_PROGRAM,
            *arguments,
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(60):
            printed, _ = await command.communicate()
        return command.returncode, printed.decode()

    return asyncio.run(run())


COMMANDS = {
    "migrate": ({}, ("migrate", "analytics")),
    "run": ({"CLEARWAY_BROKER_URL": "kafka://127.0.0.1:9"}, ("run", "analytics", "--port", "0")),
    "up": ({}, ("up", "--port", "0")),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_schema_that_is_too_new_ends_the_program_with_one_sentence(
    migrated_by_newer: Callable[[str], dict[str, str]], command: str
) -> None:
    settings, arguments = COMMANDS[command]
    code, printed = clearway(migrated_by_newer('compatible_from = "0098"') | settings, *arguments)
    assert code == 2
    assert "Traceback" not in printed
    # On Kafka, its client may have had something to say before.
    assert printed.splitlines()[-1] == (
        f"Database `analytics` has schema 0099, made by Clearway {PROGRAM}. This is Clearway {PROGRAM}, which knows "
        f"schema {KNOWN} and cannot run on it: a program must know schema 0098. Start the newer version, or restore a "
        "backup that was made before the upgrade."
    )


def test_a_newer_schema_that_only_adds_is_left_alone(
    migrated_by_newer: Callable[[str], dict[str, str]],
) -> None:
    code, printed = clearway(migrated_by_newer(""), "migrate", "analytics")
    assert code == 0
    # On SQLite the command has closed files first that others could read, and said so.
    assert printed.splitlines()[-2:] == [
        (
            f"Database `analytics` has schema 0099, made by Clearway {PROGRAM}. This is Clearway {PROGRAM}, which "
            f"knows schema {KNOWN} and can run on it. No action is needed."
        ),
        "Up to date: analytics.",
    ]


def test_what_takes_away_may_still_allow_the_version_before(
    migrated_by_newer: Callable[[str], dict[str, str]],
) -> None:
    code, _ = clearway(migrated_by_newer(f'compatible_from = "{KNOWN}"'), "migrate", "analytics")
    assert code == 0
