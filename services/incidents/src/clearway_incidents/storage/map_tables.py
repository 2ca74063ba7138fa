"""The sums that the map is drawn from where it is wide (`domain/map_sums.py`)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from clearway_incidents.domain.map_sums import Kind
from clearway_incidents.storage.tables import Owned
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import BigId


class MapKindRow(Owned, table=True):
    """Incidents of a mission that the sums do not tell apart."""

    __tablename__ = "map_kind"
    __table_args__ = (UniqueConstraint("mission", *Kind._fields, name="uq_map_kind"),)

    kind: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    mission: str
    status: str
    hazard_state: str
    category: str
    outcome: str
    exercise: bool
    tlp: str
    classification: str
    releasable_to: str


class MapSumRow(Owned, table=True):
    """How many incidents of a kind there are in a cell, and their places added up."""

    __tablename__ = "map_sum"
    # SQLite then keeps the rows in the order of the key, as they are read.
    __table_args__ = ({"sqlite_with_rowid": False},)

    mission: str = Field(primary_key=True)
    reduced: int = Field(primary_key=True)
    zoom: int = Field(primary_key=True)
    block: int = Field(primary_key=True)
    column_number: int = Field(primary_key=True)
    row_number: int = Field(primary_key=True)
    kind: int = Field(primary_key=True, sa_type=BigInteger)
    incidents: int
    x: int = Field(sa_type=BigInteger)
    y: int = Field(sa_type=BigInteger)


MAP_KINDS: Final = table_of(MapKindRow)
MAP_SUMS: Final = table_of(MapSumRow)
