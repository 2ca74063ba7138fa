"""The tables of SQLModel's models, for statements."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.orm import class_mapper
from sqlmodel import SQLModel


def table_of(model: type[SQLModel]) -> Table:
    """The table that a model with `table=True` declares. Raises TypeError for a model that declares none."""
    table = class_mapper(model, configure=False).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is mapped to {table}, not to a table")
    return table
