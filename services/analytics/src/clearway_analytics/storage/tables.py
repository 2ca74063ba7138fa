"""The tables of this service: missions, routes, their sums and contributions, and what was done for them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Double, ForeignKeyConstraint, Index, MetaData, true
from sqlmodel import Field, SQLModel

from clearway_platform.database.engines import Json, UtcDateTime
from clearway_platform.database.models import table_of

analytics_metadata: Final = MetaData()


class Analytics(SQLModel):
    """Base of this service's tables."""

    metadata = analytics_metadata


class MissionRow(Analytics, table=True):
    """One mission: its parameters in use, and a version that grows with every change of its routes. Every transaction
    that changes another row of the mission locks this one. gain: the corridor gain, when it was learned, and with which
    revision of the parameters.
    """

    __tablename__ = "mission_state"

    mission: str = Field(primary_key=True)
    version: int
    parameters: Any = Field(sa_type=Json, nullable=False)
    parameters_revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    gain: float = Field(default=1.0, sa_type=Double, sa_column_kwargs={"server_default": "1"})
    gain_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    gain_revision: int | None = None


class ParametersRow(Analytics, table=True):
    """A revision of a mission's parameters. `version` counts its changes of state, `step` the writes of its shadow;
    `compared_at` and `summary` are those of its last comparison. The first revision has a row from the second on.
    """

    __tablename__ = "risk_parameters"
    __table_args__ = (Index("ix_risk_parameters_mission_revision", "mission", "revision", unique=True),)

    mission: str = Field(primary_key=True)
    parameters_id: UUID = Field(primary_key=True)
    revision: int
    version: int
    state: str
    parameters: Any = Field(sa_type=Json, nullable=False)
    reason: str
    proposed_by: str | None = None
    proposed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decision_reason: str | None = None
    step: int
    compared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    summary: Any = Field(default=None, sa_type=Json, nullable=True)


class ShadowRouteRow(Analytics, table=True):
    """A live route in the shadow of proposed parameters, and its comparison. `change` is the larger of the factor and
    its inverse."""

    __tablename__ = "risk_shadow_route"
    __table_args__ = (Index("ix_risk_shadow_route_change", "parameters_id", "change", "route_id"),)

    parameters_id: UUID = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    route_revision: int
    reference_share: float = Field(sa_type=Double)
    area_km2: float | None = Field(default=None, sa_type=Double)
    events_before: float | None = Field(default=None, sa_type=Double)
    events_after: float | None = Field(default=None, sa_type=Double)
    band_before: str | None = None
    band_after: str | None = None
    change: float | None = Field(default=None, sa_type=Double)


class ShadowIncidentRow(Analytics, table=True):
    """The revision at which the shadow contains an incident."""

    __tablename__ = "risk_shadow_incident"

    parameters_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    revision: int


class ShadowContributionRow(Analytics, table=True):
    """A contribution computed with proposed parameters; activating them copies it to `contribution`."""

    __tablename__ = "risk_shadow_contribution"
    __table_args__ = (Index("ix_risk_shadow_contribution_incident", "parameters_id", "incident_id"),)

    parameters_id: UUID = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    mission: str
    revision: int
    occurred: datetime = Field(sa_type=UtcDateTime)
    distance_m: float = Field(sa_type=Double)
    weight: float = Field(sa_type=Double)
    share: float = Field(sa_type=Double)
    kept: float = Field(sa_type=Double)
    may_touch: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class RouteRow(Analytics, table=True):
    """A route. `line` is a list of [longitude, latitude]; `changed_in` is the mission's version at its last change."""

    __tablename__ = "route"
    __table_args__ = (Index("ix_route_mission_changed_in", "mission", "changed_in"),)

    mission: str = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    name: str
    line: Any = Field(sa_type=Json, nullable=False)
    half_width_m: float = Field(sa_type=Double)
    length_m: float = Field(sa_type=Double)
    revision: int
    registered_by: str
    registered_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_in: int


class RouteSumsRow(Analytics, table=True):
    """A live route's sums at the landmark, and the risk that was last published. A retired route has none.

    total, squares, incidents: A, Q and the number of contributions. nearby: see DecayedSums. largest,
    newest: the largest contribution and the time of the latest incident, stored because a busy route has too many
    contributions to read each time. extremes_total: the total that was stored together with these three; it differs
    from `total` after a change by an older program, which does not store them. area_km2, reference_share: see
    RouteSums. published_band: the band by the expected events alone, which older programs can read;
    published_hazards: the known hazards and contaminated areas that were published. contaminated_areas: how many stand
    and touch the corridor; it changes with an area or the line, and is read with every risk. last_checked_at: since
    when the whole route is verified by clearances and passes, null where a stretch of it never was.
    """

    __tablename__ = "route_state"
    __table_args__ = (ForeignKeyConstraint(["mission", "route_id"], ["route.mission", "route.route_id"]),)

    mission: str = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    landmark: datetime = Field(sa_type=UtcDateTime)
    total: float = Field(sa_type=Double)
    squares: float = Field(sa_type=Double)
    incidents: int
    nearby: float = Field(default=0.0, sa_type=Double, sa_column_kwargs={"server_default": "0"})
    largest: float = Field(sa_type=Double)
    newest: datetime | None = Field(default=None, sa_type=UtcDateTime)
    extremes_total: float | None = Field(default=None, sa_type=Double)
    area_km2: float = Field(sa_type=Double)
    reference_share: float = Field(sa_type=Double)
    published_events: float | None = Field(default=None, sa_type=Double)
    published_band: str | None = None
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    published_hazards: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    contaminated_areas: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    last_checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ContributionRow(Analytics, table=True):
    """What one incident added to one route's sums, so that it can be explained, and subtracted again.

    weight: v; share: c_iR; kept: v·c_iR raised to the landmark. may_touch: false when the incident's circle is
    known not to touch the corridor; older programs do not know.
    """

    __tablename__ = "contribution"
    __table_args__ = (
        Index("ix_contribution_mission_incident", "mission", "incident_id"),
        Index("ix_contribution_may_touch", "mission", "route_id", "may_touch"),
    )

    mission: str = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    revision: int
    occurred: datetime = Field(sa_type=UtcDateTime)
    distance_m: float = Field(sa_type=Double)
    weight: float = Field(sa_type=Double)
    share: float = Field(sa_type=Double)
    kept: float = Field(sa_type=Double)
    may_touch: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class IncidentRow(Analytics, table=True):
    """The latest applied revision of an incident. Every sum can be computed again from these rows.

    complete_revision: the revision that the grades, `activity`, `latest`, `updated_at` and the marks belong to. It
    differs from `revision` after a change by an older program, which does not store them: they are then not known.
    """

    __tablename__ = "incident_view"

    mission: str = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    revision: int
    occurred: datetime = Field(sa_type=UtcDateTime)
    longitude: float = Field(sa_column=Column("lon", Double, key="longitude", nullable=False))
    latitude: float = Field(sa_column=Column("lat", Double, key="latitude", nullable=False))
    uncertainty_m: float = Field(sa_type=Double)
    category: str
    outcome: str
    hazard_state: str
    status: str
    exercise: bool
    source_reliability: str | None = None
    info_credibility: int | None = None
    complete_revision: int | None = None
    activity: str = Field(default="unknown", sa_column_kwargs={"server_default": "unknown"})
    latest: datetime | None = Field(default=None, sa_type=UtcDateTime)
    updated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tlp: str | None = None
    classification: str | None = None
    releasable_to: Any = Field(default=None, sa_type=Json, nullable=True)


class CheckRow(Analytics, table=True):
    """A revision of a clearance or a pass. `present`: it is the last one. `start_m`, `end_m`: along the line that
    `line_digest` names."""

    __tablename__ = "route_check"
    __table_args__ = (
        ForeignKeyConstraint(["mission", "route_id"], ["route.mission", "route.route_id"]),
        Index("ix_route_check_of_route", "mission", "route_id", "kind", "present", "at", "check_id"),
    )

    mission: str = Field(primary_key=True)
    check_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    present: bool
    route_id: UUID
    kind: str
    start_m: float = Field(sa_type=Double)
    end_m: float = Field(sa_type=Double)
    at: datetime = Field(sa_type=UtcDateTime)
    organisation: str
    way: str
    result: str
    items_found: int | None = None
    note: str
    route_revision: int
    line_digest: str
    recorded_by: str
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn: bool
    reason: str | None = None


class AreaRow(Analytics, table=True):
    """A revision of a contaminated area. `present`: it is the last one. `polygon` is a list of rings; west to north are
    its bounding box."""

    __tablename__ = "contaminated_area"
    __table_args__ = (Index("ix_contaminated_area_present", "mission", "present", "released", "area_id"),)

    mission: str = Field(primary_key=True)
    area_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    present: bool
    name: str
    status: str
    category: str
    polygon: Any = Field(sa_type=Json, nullable=False)
    west: float = Field(sa_type=Double)
    south: float = Field(sa_type=Double)
    east: float = Field(sa_type=Double)
    north: float = Field(sa_type=Double)
    organisation: str
    reference: str | None = None
    surveyed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str
    recorded_by: str
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    released: bool
    reason: str | None = None


class RiskRecordRow(Analytics, table=True):
    """A risk of a route as it was published, so that a later reader sees what was said then: to the minute. `band` is
    the word for the route."""

    __tablename__ = "risk_record"

    mission: str = Field(primary_key=True)
    route_id: UUID = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    band: str
    expected_events: float = Field(sa_type=Double)


class BriefingRow(Analytics, table=True):
    """A briefing that was handed out. `content` is its canonical JSON as text, whose hash is `sha256`."""

    __tablename__ = "briefing"

    mission: str = Field(primary_key=True)
    briefing_id: UUID = Field(primary_key=True)
    route_id: UUID
    as_of: datetime = Field(sa_type=UtcDateTime)
    sha256: str
    content: str
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime)


MISSIONS: Final = table_of(MissionRow)
ROUTES: Final = table_of(RouteRow)
ROUTE_SUMS: Final = table_of(RouteSumsRow)
CONTRIBUTIONS: Final = table_of(ContributionRow)
INCIDENTS: Final = table_of(IncidentRow)
CHECKS: Final = table_of(CheckRow)
AREAS: Final = table_of(AreaRow)
RISK_RECORDS: Final = table_of(RiskRecordRow)
BRIEFINGS: Final = table_of(BriefingRow)
PARAMETERS: Final = table_of(ParametersRow)
SHADOW_ROUTES: Final = table_of(ShadowRouteRow)
SHADOW_INCIDENTS: Final = table_of(ShadowIncidentRow)
SHADOW_CONTRIBUTIONS: Final = table_of(ShadowContributionRow)
