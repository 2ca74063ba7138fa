"""The incident as the other services see it: its whole state at one revision."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import Mission, Payload, State, Utc
from clearway_contracts.geometry import Metres, Point
from clearway_contracts.vocabulary import (
    Activity,
    Actuation,
    Affiliation,
    AgeBand,
    CasualtyOutcome,
    Category,
    Channel,
    Classification,
    ClearanceMethod,
    ClearanceState,
    Delivery,
    HazardState,
    InfoCredibility,
    LocationPrecision,
    MissionImpact,
    Outcome,
    Passable,
    Priority,
    ProtectiveMeasure,
    RetractionReason,
    Setting,
    Sex,
    SourceReliability,
    Status,
    Target,
    TimePrecision,
    Tlp,
)

ShortText = Annotated[str, Field(max_length=500)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 3166-1 alpha-3.")]
Count = Annotated[int, Field(ge=0)]
Revision = Annotated[int, Field(ge=1)]


class ExternalRef(Payload):
    """What another system calls the same incident."""

    system: str
    id: str
    url: str | None = None


class NineLine(Payload):
    """The nine lines of an explosive-hazard report, as spoken. The ordnance is named by its category only."""

    line_1_date_time_group: ShortText | None = None
    line_2_reporting_unit_and_location: ShortText | None = None
    line_3_contact_method: ShortText | None = None
    line_4_type_of_ordnance: ShortText | None = None
    line_5_cbrn_contamination: ShortText | None = None
    line_6_resources_threatened: ShortText | None = None
    line_7_impact_on_mission: ShortText | None = None
    line_8_protective_measures: ShortText | None = None
    line_9_recommended_priority: ShortText | None = None


class Report(Payload):
    """One report that the incident rests on. `contact_ref` is opaque: it names nobody by itself,
    is shown only to those who assess, and is never in an event."""

    report_id: UUID
    organisation: str
    role: str
    channel: Channel
    received_at: Utc
    contact_ref: str | None = None
    nine_line: NineLine | None = None


class IncidentTime(Payload):
    """When it happened: a moment where known, and the span that certainly contains it.

    `reported_at` is the reporter's, `recorded_at` is the record's."""

    occurred_at: Utc | None = None
    earliest: Utc
    latest: Utc
    precision: TimePrecision
    reported_at: Utc
    recorded_at: Utc

    @model_validator(mode="after")
    def _span_is_ordered(self) -> Self:
        if self.earliest > self.latest:
            raise ValueError("earliest must not be after latest")
        return self

    @property
    def best(self) -> datetime:
        """The moment where it is known, else the middle of the span."""
        return self.occurred_at or self.earliest + (self.latest - self.earliest) / 2


class Location(Payload):
    """Where it happened. `uncertainty_m` is the radius, in metres, of the circle that holds it with 90 %;
    `chainage_m` is the distance along the route from its start."""

    point: Point
    uncertainty_m: Metres
    precision: LocationPrecision
    place_name: str | None = None
    admin0: CountryCode | None = None
    admin1: str | None = None
    admin2: str | None = None
    mgrs: str | None = None
    route_id: UUID | None = None
    chainage_m: Metres | None = None
    setting: Setting = Setting.UNKNOWN


class Casualties(Payload):
    """People hurt, as an aggregate with its bounds: low <= best <= high. There is no field for a name."""

    affiliation: Affiliation = Affiliation.UNKNOWN
    sex: Sex = Sex.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    outcome: CasualtyOutcome
    low: Count
    best: Count
    high: Count

    @model_validator(mode="after")
    def _bounds_hold_best(self) -> Self:
        if not self.low <= self.best <= self.high:
            raise ValueError("low <= best <= high must hold")
        return self


class Impact(Payload):
    """What it did beside hurting people. None is "not known", never zero."""

    vehicles_damaged: Count | None = None
    vehicles_destroyed: Count | None = None
    road_passable: Passable = Passable.UNKNOWN
    mission_impact: MissionImpact | None = None


class Grading(Payload):
    """The Admiralty grades, assessed independently of each other."""

    source_reliability: SourceReliability
    info_credibility: InfoCredibility


class Sharing(Payload):
    """With whom it may be shared, and until when it is kept."""

    tlp: Tlp
    classification: Classification
    releasable_to: tuple[str, ...] = ()
    retention_until: Utc | None = None


class Links(Payload):
    """Its relations to other incidents, by their ids."""

    merged_into: UUID | None = None
    merged_from: tuple[UUID, ...] = ()
    related: tuple[UUID, ...] = ()


class Retraction(Payload):
    reason: RetractionReason
    by: str
    at: Utc


class Clearance(Payload):
    """What was done about the hazard, by the organisation that did it, and who says so.

    `hazard_state` is cleared or none: what the hazard becomes when the clearance is confirmed. `claimed_by` and
    `confirmed_by` are ids of principals. With `override_reason` one person did both: it says why."""

    state: ClearanceState
    hazard_state: HazardState
    organisation: str
    method: ClearanceMethod
    at: Utc
    extent: ShortText | None = None
    reference: ShortText | None = None
    claimed_by: str
    confirmed_by: str | None = None
    override_reason: ShortText | None = None


class Audit(Payload):
    """Who wrote it, and its place in the chain of the incident's revisions."""

    created_by: str
    created_at: Utc
    updated_at: Utc
    prev_hash: str | None = None
    hash: str | None = None


class Identity(State):
    """What tells one revision of an incident from all others."""

    incident_id: UUID
    revision: Revision
    mission: Mission


class Facts(Payload):
    """What is known of the event itself, and may be corrected."""

    exercise: bool
    time: IncidentTime
    location: Location
    category: Category
    actuation: Actuation
    delivery: Delivery
    outcome: Outcome
    hazard_state: HazardState
    target: Target
    activity: Activity
    casualties: tuple[Casualties, ...] = ()
    impact: Impact = Impact()
    protective_measures: tuple[ProtectiveMeasure, ...] = ()
    priority: Priority
    sharing: Sharing
    narrative: Annotated[str, Field(max_length=4000)] = ""


class IncidentState(Facts, Identity):
    """An incident, whole, at one revision: as the incidents service keeps it, and as events carry it."""

    state_name: ClassVar[Literal["incident"]] = "incident"

    external_refs: tuple[ExternalRef, ...] = ()
    reports: tuple[Report, ...] = ()
    grading: Grading
    status: Status
    links: Links = Links()
    retraction: Retraction | None = None
    clearance: Clearance | None = None
    audit: Audit
