"""The answer about a departure: what is on the route, what changed, and the receipt for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self
from uuid import UUID

import rfc8785
from pydantic import BaseModel, Field, TypeAdapter

from clearway_analytics.api.area_bodies import AreaOnRoute
from clearway_analytics.api.check_bodies import VerifiedStretch, kilometre
from clearway_analytics.domain.check import Check, CheckKind
from clearway_analytics.domain.coverage import last_checked_at
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger.risk_records import RiskRecord
from clearway_analytics.queries.beside import OnRoute
from clearway_analytics.queries.briefing import Departure
from clearway_analytics.queries.sight import on_grid
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.auth.ceilings import UNLIMITED, Ceiling, Sight

NO_ROAD_GRAPH: Final = (
    "None are known: this Clearway has no road graph of the mission, so it cannot search for another road. Ask people "
    "who know the ground."
)
_DECIMALS: Final = 4
_READERS: Final = TypeAdapter(Ceiling)


class BriefedIncident(BaseModel):
    """An incident beside the route, as it stands in the record. Where `form` is reduced, the key may not read it: it is
    somewhere between `from_km` and `to_km`, and what is not said is null."""

    form: Literal["full", "reduced"]
    km: float | None = Field(description="The nearest point of the route, along its line.")
    from_km: float | None = Field(description="Of a reduced one; null of a full one.")
    to_km: float | None = Field(description="Of a reduced one; null of a full one.")
    distance_m: float | None = Field(description="From the line.")
    uncertainty_m: float | None = Field(description="The radius of the circle that contains it with 90 %.")
    incident_id: UUID
    incident_revision: int | None
    category: str | None
    hazard_state: str
    outcome: str | None
    status: str | None
    grade: str | None = Field(description="The Admiralty grade: source, then information.", examples=["B2"])
    occurred_at: datetime | None
    age_days: float | None
    changed_at: datetime | None = Field(description="When its present revision was recorded.")

    @classmethod
    def of(cls, found: OnRoute, as_of: datetime) -> Self:
        incident = found.incident
        return cls(
            form="full",
            km=kilometre(found.along_m),
            from_km=None,
            to_km=None,
            distance_m=round(found.distance_m),
            uncertainty_m=incident.uncertainty_m,
            incident_id=incident.incident_id,
            incident_revision=incident.revision,
            category=incident.category,
            hazard_state=incident.hazard_state,
            outcome=incident.outcome,
            status=incident.status,
            grade=incident.grade,
            occurred_at=incident.occurred,
            age_days=(as_of - incident.occurred) / timedelta(days=1),
            changed_at=incident.updated_at,
        )

    @classmethod
    def reduced(cls, found: OnRoute, route: Route, sight: Sight) -> Self:
        """That it is there, and about where; what it is where the reader may see the reduced incident."""
        reach_m = route.half_width_m + found.incident.uncertainty_m
        ends = (found.along_m - reach_m) / 1_000, (found.along_m + reach_m) / 1_000
        from_km, to_km = on_grid(*ends, route.length_m / 1_000)
        said = {"category": found.incident.category} if sight is Sight.REDUCED else {}
        about = {"incident_id": found.incident.incident_id, "hazard_state": found.incident.hazard_state}
        where = {"form": "reduced", "from_km": from_km, "to_km": to_km}
        return cls.model_validate(dict.fromkeys(cls.model_fields) | about | where | said)

    @property
    def first_km(self) -> float:
        """Where it begins to be."""
        return self.from_km or 0.0 if self.km is None else self.km


class BriefedCheck(BaseModel):
    """A clearance or a pass."""

    check: CheckKind
    check_id: UUID
    from_km: float
    to_km: float
    at: datetime
    organisation: str
    way: str = Field(description="The method of a clearance, the kind of a pass.")
    result: str

    @classmethod
    def of(cls, check: Check) -> Self:
        return cls(
            check=check.kind,
            check_id=check.check_id,
            from_km=kilometre(check.start_m),
            to_km=kilometre(check.end_m),
            at=check.at,
            organisation=check.organisation,
            way=check.way,
            result=check.result,
        )


class BriefedRisk(BaseModel):
    """A risk of the route."""

    at: datetime
    band: RiskBand
    expected_events: float
    low: float
    high: float
    n_eff: float
    horizon_days: float
    parameters_revision: int


class BriefedRoute(BaseModel):
    """The route as it is drawn now."""

    route_id: UUID
    name: str
    revision: int
    length_km: float
    half_width_m: float


class Changes(BaseModel):
    """What changed since the last pass; where none is on record, in the 30 days before."""

    since: datetime
    last_pass: BriefedCheck | None
    incidents: list[BriefedIncident] = Field(description="Those within 2.5 km that happened or changed since.")
    checks: list[BriefedCheck]
    risks: list[RiskRecord] = Field(description="The risks that were published since, the last one first.")


class Alternatives(BaseModel):
    """Other routes to the same place."""

    routes: list[UUID]
    text: str


class BriefingContent(BaseModel):
    """A route at one moment: everything that the receipt is about."""

    form: Literal["clearway.briefing.1"] = "clearway.briefing.1"
    mission: str
    readers: Ceiling = Field(description="Up to where the key reads that it was made for: the rest is reduced.")
    as_of: datetime
    route: BriefedRoute
    known_hazards: list[BriefedIncident] = Field(
        description="Hazards that stand and whose circles touch the corridor, by kilometre. They come before any "
        "estimate, and do not decay."
    )
    changed_later: list[BriefedIncident] = Field(
        description="Incidents on the route whose record changed after `as_of`: what was known of them then is at "
        "`/v1/incidents/{incident_id}?as_of=`. Empty for a briefing of the present."
    )
    contaminated_areas: list[AreaOnRoute] = Field(
        description="Suspected and confirmed hazardous areas that stand and touch the corridor."
    )
    changes: Changes
    last_checked_at: datetime | None = Field(description="Since when the whole route is verified.")
    verified: list[VerifiedStretch]
    risk: BriefedRisk = Field(description="For the moment of the briefing, from the incidents as they are known.")
    risk_recorded: RiskRecord | None = Field(description="The last risk that was published until then.")
    alternatives: Alternatives

    @classmethod
    def of(cls, known: Departure) -> Self:
        route, as_of = known.route, known.as_of
        return cls(
            mission=route.mission,
            readers=known.ceiling,
            as_of=as_of,
            route=BriefedRoute(
                route_id=route.route_id,
                name=route.name,
                revision=route.revision,
                length_km=kilometre(route.length_m),
                half_width_m=route.half_width_m,
            ),
            known_hazards=_incidents(known, known.hazards),
            changed_later=_incidents(known, known.changed_later),
            contaminated_areas=[AreaOnRoute.of(touched) for touched in known.areas],
            changes=Changes(
                since=known.since,
                last_pass=BriefedCheck.of(known.last_pass) if known.last_pass else None,
                incidents=_incidents(known, known.news),
                checks=[BriefedCheck.of(check) for check in known.checks],
                risks=[risk for risk in known.records if risk.at > known.since],
            ),
            last_checked_at=last_checked_at(known.verified),
            verified=[VerifiedStretch.of(stretch, as_of) for stretch in known.verified],
            risk=_computed(known),
            risk_recorded=known.records[0] if known.records else None,
            alternatives=Alternatives(routes=[], text=NO_ROAD_GRAPH),
        )

    def canonical(self) -> str:
        """Its one text, over which the hash of the receipt is."""
        return canonical_json(self.model_dump(mode="json"))


class BriefingReceipt(BaseModel):
    """A briefing and its receipt: the same content can be read again at `/v1/briefings/{briefing_id}`."""

    briefing_id: UUID
    sha256: str = Field(
        description="Over the content, as it is here, in the canonical form of RFC 8785 (JCS): UTF-8, sorted keys, no "
        "spaces, numbers as JavaScript writes them."
    )
    made_at: datetime = Field(description="When it was first asked for.")
    made_by: str
    content: BriefingContent


def canonical_json(document: Any) -> str:
    """The one text of a document by RFC 8785 (JCS), after its numbers were rounded to four decimals."""
    return rfc8785.dumps(_rounded(document)).decode()


def _rounded(node: Any) -> Any:
    match node:
        case dict():
            return {name: _rounded(value) for name, value in node.items()}
        case list():
            return [_rounded(value) for value in node]
        case float():
            return round(node, _DECIMALS)
    return node


def readers_of(content: str) -> Ceiling:
    """For whom the content of a briefing was made. Those of an earlier version are for who may read everything."""
    readers = json.loads(content).get("readers")
    return UNLIMITED if readers is None else _READERS.validate_python(readers)


def _incidents(known: Departure, found: Sequence[OnRoute]) -> list[BriefedIncident]:
    """By kilometre, as they are told: a reduced one stands where its stretch begins."""
    told = [_told(known, one, known.ceiling.sight(one.incident.handling)) for one in found]
    return sorted(told, key=lambda one: (one.first_km, one.incident_id))


def _told(known: Departure, one: OnRoute, sight: Sight) -> BriefedIncident:
    if sight is Sight.WHOLE:
        return BriefedIncident.of(one, known.as_of)
    return BriefedIncident.reduced(one, known.route, sight)


def _computed(known: Departure) -> BriefedRisk:
    risk = known.risk
    return BriefedRisk(
        at=risk.at,
        band=risk.band,
        expected_events=risk.expected_events,
        low=risk.low,
        high=risk.high,
        n_eff=risk.effective_sample,
        horizon_days=risk.horizon_days,
        parameters_revision=known.mission.parameters_revision,
    )
