"""Migrations first add, and take away a version later: the version before goes on running on the new schema.

Each script is run, and the schema before it is compared with the one after. A script that is meant to take away says
which revision a program must know to run on it: `compatible_from` (CONTRIBUTING.md, "Migrations").
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, inspect

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.service import installed_services, migrations_of
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.released import last_release

FOLDERS = {"keys": KEYS_MIGRATIONS} | migrations_of(installed_services().values())
OURS = {"alembic_version", "clearway_schema"}
Schema = dict[str, dict[str, Any]]


def schema_of(connection: Connection) -> Schema:
    """Of each table what a program that does not know of a change can stumble over."""
    found = inspect(connection)
    return {table: described(found, table) for table in set(found.get_table_names()) - OURS}


def described(found: Inspector, table: str) -> dict[str, Any]:
    unique = [tuple(one["column_names"]) for one in found.get_unique_constraints(table)]
    unique += [tuple(map(str, one["column_names"])) for one in found.get_indexes(table) if one["unique"]]
    foreign = [(tuple(one["constrained_columns"]), one["referred_table"]) for one in found.get_foreign_keys(table)]
    return {
        "columns": {one["name"]: one for one in found.get_columns(table)},
        "key": tuple(found.get_pk_constraint(table)["constrained_columns"]),
        "unique": set(unique),
        "foreign": set(foreign),
        "checks": {one["sqltext"] for one in found.get_check_constraints(table)},
    }


def breaks(before: Schema, after: Schema) -> list[str]:
    """What a program that knows the schema before cannot live with."""
    gone = [f"table {table} is gone" for table in before.keys() - after.keys()]
    changed = [problem for table in before.keys() & after.keys() for problem in changes(before[table], after[table])]
    return sorted([*gone, *changed])


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    old, new = before["columns"], after["columns"]
    found = [f"column {name} is gone" for name in old.keys() - new.keys()]
    found += [
        f"column {name} must be given: let it be empty, or have a default of the server's"
        for name in new.keys() - old.keys()
        if not new[name]["nullable"] and new[name]["default"] is None
    ]
    for name in new.keys() & old.keys():
        if str(old[name]["type"]) != str(new[name]["type"]):
            found.append(f"column {name} has another type")
        if old[name]["nullable"] and not new[name]["nullable"]:
            found.append(f"column {name} may no longer be empty")
    # By what was the whole key a row is still found quickly, and whatever could be written before still can be.
    if before["key"] != after["key"][: len(before["key"])]:
        found.append("the primary key is another one")
    return found + [
        f"new {rule}: {one}" for rule in ("unique", "foreign", "checks") for one in after[rule] - before[rule]
    ]


async def schemas(url: str, folder: Path) -> list[tuple[Any, Schema]]:
    """Each script, the oldest first, and the schema after it."""
    scripts = list(reversed(list(ScriptDirectory(str(folder)).walk_revisions())))
    found = []
    for script in scripts:
        await upgrade(url, folder, script.revision)
        database = Database(url, pool_size=1)
        async with database.of_every_mission("a test").read() as connection:
            found.append((script, await connection.run_sync(schema_of)))
        await database.close()
    return found


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
async def test_a_migration_takes_nothing_away_unless_it_says_so(folder: Path, database_url: str) -> None:
    steps = await schemas(database_url, folder)
    for (_, before), (script, after) in pairwise(steps):
        if not hasattr(script.module, "compatible_from"):
            assert breaks(before, after) == [], script.path


@pytest.mark.parametrize("name", FOLDERS)
def test_the_version_before_can_run_on_what_this_one_makes(name: str) -> None:
    """What is taken away now was not used any more by the last release, wherever its scripts were kept."""
    folder = FOLDERS[name]
    with skipped_when_unavailable():
        before = {path.name for path in last_release().files()}
    scripts_before = [path.name for path in (folder / "versions").glob("*.py") if path.name in before]
    # Of a service that the last release did not have, no script can be wrong for it.
    released = max((name.partition("_")[0] for name in scripts_before), default="9999")
    scripts = ScriptDirectory(str(folder)).walk_revisions()
    asked = [script.module.compatible_from for script in scripts if hasattr(script.module, "compatible_from")]
    assert [revision for revision in asked if revision > released] == []


FIRST = """
revision = "0001"
down_revision = None
import sqlalchemy as sa
from alembic import op
def upgrade():
    op.create_table("one", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String()))
    of = sa.Column("of", sa.String(), nullable=False)
    op.create_table("two", sa.Column("id", sa.Integer(), primary_key=True), of)
"""
SECOND = """
revision = "0002"
down_revision = "0001"
import sqlalchemy as sa
from alembic import op
def upgrade():
    {change}
"""
PLANTED = {
    'op.add_column("one", sa.Column("more", sa.String()))': [],
    'op.drop_constraint("one_pkey", "one"); op.create_primary_key("one_pkey", "one", ["id", "name"])': [
        "column name may no longer be empty"
    ],
    'op.drop_constraint("two_pkey", "two"); op.create_primary_key("two_pkey", "two", ["id", "of"])': [],
    'op.drop_constraint("two_pkey", "two"); op.create_primary_key("two_pkey", "two", ["of", "id"])': [
        "the primary key is another one"
    ],
    'op.add_column("one", sa.Column("more", sa.String(), nullable=False, server_default=""))': [],
    'op.create_index("ix_one_name", "one", ["name"])': [],
    'op.create_table("three", sa.Column("id", sa.Integer(), primary_key=True))': [],
    'op.drop_table("two")': ["table two is gone"],
    'op.drop_column("one", "name")': ["column name is gone"],
    'op.alter_column("one", "name", new_column_name="title")': ["column name is gone"],
    'op.create_index("ix_one_name", "one", ["name"], unique=True)': ["new unique: ('name',)"],
    'op.alter_column("one", "name", nullable=False)': ["column name may no longer be empty"],
    'op.alter_column("one", "name", type_=sa.Integer(), postgresql_using="id")': ["column name has another type"],
    'op.execute("ALTER TABLE one ADD more TEXT NOT NULL")': [
        "column more must be given: let it be empty, or have a default of the server's"
    ],
}


@pytest.mark.postgres
@pytest.mark.parametrize("change", PLANTED)
async def test_what_breaks_the_version_before_is_seen(change: str, postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text((KEYS_MIGRATIONS / "env.py").read_text())
    (tmp_path / "versions/0001_first.py").write_text(FIRST)
    (tmp_path / "versions/0002_second.py").write_text(SECOND.format(change=change))
    (_, before), (_, after) = await schemas(postgres_url, tmp_path)
    assert breaks(before, after) == PLANTED[change]
