"""The incident, whole. The names and shapes are those of the record on the wire, so that a state is stored as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clearway_contracts.vocabulary import (
    Activity,
    Actuation,
    Affiliation,
    AgeBand,
    CasualtyOutcome,
    Category,
    Channel,
    Classification,
    Delivery,
    HazardState,
    InfoCredibility,
    MissionImpact,
    Outcome,
    Passable,
    Priority,
    ProtectiveMeasure,
    RetractionReason,
    Sex,
    SourceReliability,
    Status,
    Target,
    Tlp,
)
from clearway_incidents.domain.moment import IncidentTime
from clearway_incidents.domain.place import Location


@dataclass(frozen=True, slots=True)
class ExternalRef:
    """What another system calls the same incident."""

    system: str
    id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class NineLine:
    """The nine lines of an explosive-hazard report, as transmitted."""

    line_1_date_time_group: str | None = None
    line_2_reporting_unit_and_location: str | None = None
    line_3_contact_method: str | None = None
    line_4_type_of_ordnance: str | None = None
    line_5_cbrn_contamination: str | None = None
    line_6_resources_threatened: str | None = None
    line_7_impact_on_mission: str | None = None
    line_8_protective_measures: str | None = None
    line_9_recommended_priority: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report that the incident rests on. `contact_ref` is opaque and restricted."""

    report_id: UUID
    organisation: str
    role: str
    channel: Channel
    received_at: datetime
    contact_ref: str | None = None
    nine_line: NineLine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Casualties:
    """People hurt, as an aggregate with its bounds: low <= best <= high. No names."""

    affiliation: Affiliation = Affiliation.UNKNOWN
    sex: Sex = Sex.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    outcome: CasualtyOutcome
    low: int
    best: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The effects other than casualties. None means "not known", never zero."""

    vehicles_damaged: int | None = None
    vehicles_destroyed: int | None = None
    road_passable: Passable = Passable.UNKNOWN
    mission_impact: MissionImpact | None = None


@dataclass(frozen=True, slots=True)
class Grading:
    """The Admiralty grades, assessed independently of each other."""

    source_reliability: SourceReliability = SourceReliability.F
    info_credibility: InfoCredibility = InfoCredibility.CANNOT_BE_JUDGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Whom it may be shared with, and until when it is kept."""

    tlp: Tlp = Tlp.AMBER
    classification: Classification = Classification.UNCLASSIFIED
    releasable_to: tuple[str, ...] = ()
    retention_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Its relations to other incidents."""

    merged_into: UUID | None = None
    merged_from: tuple[UUID, ...] = ()
    related: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Retraction:
    reason: RetractionReason
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The principal who recorded it, its times, and its link in the chain of revisions."""

    created_by: str
    created_at: datetime
    updated_at: datetime
    prev_hash: str | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the event itself, and may be corrected."""

    exercise: bool = False
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
    sharing: Sharing = Sharing()
    related: tuple[UUID, ...] = ()
    narrative: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident at one revision."""

    incident_id: UUID
    revision: int
    mission: str
    exercise: bool
    external_refs: tuple[ExternalRef, ...]
    reports: tuple[Report, ...]
    time: IncidentTime
    location: Location
    category: Category
    actuation: Actuation
    delivery: Delivery
    outcome: Outcome
    hazard_state: HazardState
    target: Target
    activity: Activity
    casualties: tuple[Casualties, ...]
    impact: Impact
    protective_measures: tuple[ProtectiveMeasure, ...]
    priority: Priority
    grading: Grading
    status: Status
    sharing: Sharing
    narrative: str
    links: Links
    retraction: Retraction | None
    audit: Audit


FACT_NAMES: Final = tuple(field.name for field in fields(Facts) if field.name != "related")


def fact_values(facts: Facts) -> Mapping[str, Any]:
    """The facts by the names that they have in the incident, but `related`, which is one of its links."""
    return {name: getattr(facts, name) for name in FACT_NAMES}
