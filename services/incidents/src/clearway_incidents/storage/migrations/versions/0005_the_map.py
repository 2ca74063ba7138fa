"""What the map of incidents is drawn from: an index that has all of it, and two columns out of the state. It replaces
the index of places, with which it begins.

Rows of 0.1.0 get their marks here, so that the map does not read their states; but for those that name organisations
or an end of retention, which the next revision writes as every program does."""

import sqlalchemy as sa
from alembic import op

from clearway_platform.database.engines import Json

revision = "0005"
down_revision = "0004"

_MAP = [
    *("mission", "longitude", "latitude", "status", "hazard_state", "marks_of", "revision", "tlp", "classification"),
    *("releasable_to", "exercise", "category", "outcome", "earliest", "latest", "updated_at", "incident_id"),
]
_STATE = sa.column("state", Json)
_INCIDENT = sa.table(
    "incident",
    _STATE,
    sa.column("exercise", sa.Boolean()),
    sa.column("uncertainty_m", sa.Double()),
    *(sa.column(name, sa.String()) for name in ("tlp", "classification", "releasable_to")),
    *(sa.column(name, sa.Integer()) for name in ("marks_of", "revision")),
)
_OLDER = _INCIDENT.c.marks_of.is_distinct_from(_INCIDENT.c.revision)


def upgrade() -> None:
    op.add_column("incident", sa.Column("exercise", sa.Boolean()))
    op.add_column("incident", sa.Column("uncertainty_m", sa.Double()))
    op.execute(_fill_columns())
    op.execute(_fill_marks())
    op.create_index("ix_incident_map", "incident", _MAP)
    op.create_index("ix_incident_older", "incident", ["mission"], sqlite_where=_OLDER, postgresql_where=_OLDER)
    op.drop_index("ix_incident_mission_place", "incident")


def downgrade() -> None:
    op.create_index("ix_incident_mission_place", "incident", ["mission", "longitude", "latitude"])
    op.drop_index("ix_incident_older", "incident")
    op.drop_index("ix_incident_map", "incident")
    op.drop_column("incident", "uncertainty_m")
    op.drop_column("incident", "exercise")


def _fill_columns() -> sa.Update:
    return sa.update(_INCIDENT).values(
        exercise=sa.func.coalesce(_STATE["exercise"].as_boolean(), sa.false()),
        uncertainty_m=_STATE["location"]["uncertainty_m"].as_float(),
    )


def _fill_marks() -> sa.Update:
    sharing = _STATE["sharing"]
    names_none = sa.cast(sharing["releasable_to"], sa.Text) == "[]"
    stays = sharing["retention_until"].as_string().is_(None)
    marks = {
        "tlp": sharing["tlp"].as_string(),
        "classification": sharing["classification"].as_string(),
        "releasable_to": "[]",
        "marks_of": _INCIDENT.c.revision,
    }
    return sa.update(_INCIDENT).values(marks).where(_OLDER, names_none, stays)
