"""A mission's record after years: each row of a test is 2,000 rows there, which belong together as it did."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, Index, Integer, String, Table, TypeDecorator, UniqueConstraint, Uuid

from clearway_platform.service import installed_services

TIMES = 2_000
_NUMBERS = "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?)"
# What a new value of a column is made of, in the order in which they are chosen: an object's id before its revision.
# The same id becomes the same ones in every table.
_NEW = (
    (Uuid, "substr(one.{column}, 1, 24) || printf('%08x', numbers.i)"),
    (Integer, f"(SELECT max({{column}}) FROM {{table}}) + (one.place - 1) * {TIMES} + numbers.i"),
    (String, "one.{column} || '-' || numbers.i"),
)


def multiply(folder: Path, mission: str) -> int:
    """Repeat the rows of each table of a mission in the SQLite files of a platform that does not run. How many tables
    there were."""
    done = 0
    for service in installed_services().values():
        if service.storage is None:
            continue
        with closing(sqlite3.connect(folder / f"{service.name}.db")) as connection, connection:
            for metadata in service.storage.metadata:
                tables = [table for table in metadata.sorted_tables if "mission" in table.c and not _is_one(table)]
                done += sum(_repeat(connection, table, mission) for table in tables)
        with closing(sqlite3.connect(folder / f"{service.name}.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return done


def _is_one(table: Table) -> bool:
    """Whether each mission has one row."""
    return [column.name for column in table.primary_key.columns] == ["mission"]


def _repeat(connection: sqlite3.Connection, table: Table, mission: str) -> bool:
    """Whether there were rows to repeat."""
    new = {column.name: _new_value(table, column) for column in _unique_by(table)}
    values = ", ".join(new.get(column.name, f'one."{column.name}"') for column in table.c)
    names = ", ".join(f'"{column.name}"' for column in table.c)
    one = f"SELECT *, row_number() OVER () AS place FROM {table.name} WHERE mission = ?"
    statement = f"{_NUMBERS} INSERT INTO {table.name} ({names}) SELECT {values} FROM ({one}) AS one, numbers"
    connection.execute(statement, (TIMES, mission))
    [[made]] = connection.execute("SELECT changes()")
    return bool(made)


def _unique_by(table: Table) -> Iterator[Column[object]]:
    """A column of each key, whose new values make the key new: the last one, so that what it belongs to has many."""
    indexes = [list(index.columns) for index in table.indexes if isinstance(index, Index) and index.unique]
    unique = [list(found.columns) for found in table.constraints if isinstance(found, UniqueConstraint)]
    for key in [list(table.primary_key.columns), *unique, *indexes]:
        yield min((column for column in reversed(key) if column.name != "mission"), key=_rank)


def _rank(column: Column[object]) -> int:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return next((place for place, (known, _) in enumerate(_NEW) if isinstance(kind, known)), len(_NEW))


def _new_value(table: Table, column: Column[object]) -> str:
    return _NEW[_rank(column)][1].format(column=f'"{column.name}"', table=table.name)
