"""Strategies that draw every event the contracts allow, for property tests."""

from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.alerts import ALERT_CHANGES, AlertAcknowledged, AlertChange, AlertDigestIssued
from clearway_contracts.area import AreaState
from clearway_contracts.areas import AREA_EVENTS, AreaChange
from clearway_contracts.checks import CHECK_EVENTS, ClearanceChange, PassChange
from clearway_contracts.envelope import Envelope, Event, EventData
from clearway_contracts.geometry import LineString, Point, Polygon
from clearway_contracts.incident import (
    Audit,
    Casualties,
    Clearance,
    ExternalRef,
    Grading,
    Impact,
    IncidentState,
    IncidentTime,
    Links,
    Location,
    NineLine,
    Report,
    Retraction,
    Sharing,
)
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_contracts.route import RiskState, RouteState
from clearway_contracts.route_check import RouteClearanceState, RoutePassState
from clearway_contracts.route_vocabulary import AreaStatus, PassKind, PassResult, SearchMethod, SearchResult
from clearway_contracts.routes import RouteRegistered, RouteRiskChanged
from clearway_contracts.vocabulary import (
    Activity,
    Actuation,
    Affiliation,
    AgeBand,
    AlertKind,
    CasualtyOutcome,
    Category,
    Certainty,
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
    RiskBand,
    Setting,
    Severity,
    Sex,
    SourceReliability,
    Status,
    Target,
    TimePrecision,
    Tlp,
    Urgency,
)

MOMENTS: Final = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_IDS: Final = st.uuids()
_TEXT: Final = st.text(max_size=40)
_NAMES: Final = st.text(min_size=1, max_size=20)
_REVISIONS: Final = st.integers(1, 10_000)
_METRES: Final = st.floats(0, 1e7)
_AMOUNTS: Final = st.floats(0, 1e9)
_COUNTS: Final = st.integers(0, 10_000)
_POSITIONS: Final = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
_POINTS: Final = st.builds(Point, coordinates=_POSITIONS)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


@st.composite
def _times(draw: st.DrawFn) -> IncidentTime:
    earliest, latest = sorted((draw(MOMENTS), draw(MOMENTS)))
    return IncidentTime(
        occurred_at=draw(_maybe(MOMENTS)),
        earliest=earliest,
        latest=latest,
        precision=draw(st.sampled_from(TimePrecision)),
        reported_at=draw(MOMENTS),
        recorded_at=draw(MOMENTS),
    )


@st.composite
def _casualties(draw: st.DrawFn) -> Casualties:
    low, best, high = sorted(draw(_COUNTS) for _ in range(3))
    return Casualties(
        affiliation=draw(st.sampled_from(Affiliation)),
        sex=draw(st.sampled_from(Sex)),
        age_band=draw(st.sampled_from(AgeBand)),
        outcome=draw(st.sampled_from(CasualtyOutcome)),
        low=low,
        best=best,
        high=high,
    )


_LOCATIONS: Final = st.builds(
    Location,
    point=_POINTS,
    uncertainty_m=_METRES,
    precision=st.sampled_from(LocationPrecision),
    place_name=_maybe(_TEXT),
    admin0=_maybe(st.from_regex(r"[A-Z]{3}", fullmatch=True)),
    admin1=_maybe(_TEXT),
    admin2=_maybe(_TEXT),
    mgrs=_maybe(_TEXT),
    route_id=_maybe(_IDS),
    chainage_m=_maybe(_METRES),
    setting=st.sampled_from(Setting),
)
_REPORTS: Final = st.builds(
    Report,
    report_id=_IDS,
    organisation=_TEXT,
    role=_TEXT,
    channel=st.sampled_from(Channel),
    received_at=MOMENTS,
    contact_ref=_maybe(_TEXT),
    nine_line=_maybe(st.builds(NineLine, line_1_date_time_group=_maybe(_TEXT), line_4_type_of_ordnance=_maybe(_TEXT))),
)
_IMPACTS: Final = st.builds(
    Impact,
    vehicles_damaged=_maybe(_COUNTS),
    vehicles_destroyed=_maybe(_COUNTS),
    road_passable=st.sampled_from(Passable),
    mission_impact=_maybe(st.sampled_from(MissionImpact)),
)

INCIDENT_STATES: Final = st.builds(
    IncidentState,
    incident_id=_IDS,
    revision=_REVISIONS,
    mission=_NAMES,
    exercise=st.booleans(),
    external_refs=_some(st.builds(ExternalRef, system=_TEXT, id=_TEXT, url=_maybe(_TEXT))),
    reports=_some(_REPORTS),
    time=_times(),
    location=_LOCATIONS,
    category=st.sampled_from(Category),
    actuation=st.sampled_from(Actuation),
    delivery=st.sampled_from(Delivery),
    outcome=st.sampled_from(Outcome),
    hazard_state=st.sampled_from(HazardState),
    target=st.sampled_from(Target),
    activity=st.sampled_from(Activity),
    casualties=_some(_casualties()),
    impact=_IMPACTS,
    protective_measures=_some(st.sampled_from(ProtectiveMeasure)),
    priority=st.sampled_from(Priority),
    grading=st.builds(
        Grading,
        source_reliability=st.sampled_from(SourceReliability),
        info_credibility=st.sampled_from(InfoCredibility),
    ),
    status=st.sampled_from(Status),
    sharing=st.builds(
        Sharing,
        tlp=st.sampled_from(Tlp),
        classification=st.sampled_from(Classification),
        releasable_to=_some(_TEXT),
        retention_until=_maybe(MOMENTS),
    ),
    narrative=_TEXT,
    links=st.builds(Links, merged_into=_maybe(_IDS), merged_from=_some(_IDS), related=_some(_IDS)),
    retraction=_maybe(st.builds(Retraction, reason=st.sampled_from(RetractionReason), by=_TEXT, at=MOMENTS)),
    clearance=_maybe(
        st.builds(
            Clearance,
            state=st.sampled_from(ClearanceState),
            hazard_state=st.sampled_from(HazardState),
            organisation=_TEXT,
            method=st.sampled_from(ClearanceMethod),
            at=MOMENTS,
            extent=_maybe(_TEXT),
            reference=_maybe(_TEXT),
            claimed_by=_TEXT,
            confirmed_by=_maybe(_TEXT),
            override_reason=_maybe(_TEXT),
        )
    ),
    audit=st.builds(
        Audit, created_by=_TEXT, created_at=MOMENTS, updated_at=MOMENTS, prev_hash=_maybe(_TEXT), hash=_maybe(_TEXT)
    ),
)
ALERT_STATES: Final = st.builds(
    AlertState,
    alert_id=_IDS,
    mission=_NAMES,
    subscription_id=_IDS,
    incident_id=_IDS,
    incident_revision=_REVISIONS,
    sequence=_REVISIONS,
    kind=st.sampled_from(AlertKind),
    exercise=st.booleans(),
    severity=st.sampled_from(Severity),
    urgency=st.sampled_from(Urgency),
    certainty=st.sampled_from(Certainty),
    headline=_TEXT,
    point=_POINTS,
    uncertainty_m=_METRES,
    category=st.sampled_from(Category),
    outcome=st.sampled_from(Outcome),
    hazard_state=st.sampled_from(HazardState),
    status=st.sampled_from(Status),
    occurred_at=_maybe(MOMENTS),
    issued_at=MOMENTS,
    expires_at=MOMENTS,
    references=_some(_IDS),
    tlp=st.sampled_from(Tlp),
    reason=_TEXT,
)
DIGEST_STATES: Final = st.builds(
    DigestState,
    digest_id=_IDS,
    mission=_NAMES,
    subscription_id=_IDS,
    exercise=st.booleans(),
    count=_REVISIONS,
    headline=_TEXT,
    issued_at=MOMENTS,
    reason=_TEXT,
    alerts=st.lists(ALERT_STATES, min_size=1, max_size=2).map(tuple),
)
ROUTE_STATES: Final = st.builds(
    RouteState,
    route_id=_IDS,
    mission=_NAMES,
    name=_TEXT,
    line=st.builds(LineString, coordinates=st.lists(_POSITIONS, min_size=2, max_size=4).map(tuple)),
    half_width_m=st.floats(1, 1e5),
    registered_at=MOMENTS,
    revision=_REVISIONS,
    retired=st.booleans(),
)
RISK_STATES: Final = st.builds(
    RiskState,
    route_id=_IDS,
    mission=_NAMES,
    at=MOMENTS,
    horizon_days=st.floats(0.1, 365),
    expected_events=_AMOUNTS,
    low=_AMOUNTS,
    high=_AMOUNTS,
    n_eff=_AMOUNTS,
    probability=st.floats(0, 1),
    band=st.sampled_from(RiskBand),
    data_age_days=_maybe(_AMOUNTS),
    nearby_sample=_maybe(_AMOUNTS),
    known_hazards=_COUNTS,
)

_OF_A_CHECK: Final[dict[str, Any]] = {
    "route_id": _IDS,
    "mission": _NAMES,
    "route_revision": _REVISIONS,
    "from_m": st.floats(0, 1e5),
    "to_m": st.floats(1.1e5, 2e6),
    "at": MOMENTS,
    "organisation": _TEXT,
    "revision": _REVISIONS,
    "recorded_at": MOMENTS,
    "withdrawn": st.booleans(),
}
CLEARANCE_STATES: Final = st.builds(
    RouteClearanceState,
    **_OF_A_CHECK,
    clearance_id=_IDS,
    method=st.sampled_from(SearchMethod),
    result=st.sampled_from(SearchResult),
    items_found=_maybe(_COUNTS),
)
PASS_STATES: Final = st.builds(
    RoutePassState, **_OF_A_CHECK, pass_id=_IDS, kind=st.sampled_from(PassKind), result=st.sampled_from(PassResult)
)

AREA_STATES: Final = st.builds(
    AreaState,
    area_id=_IDS,
    mission=_NAMES,
    name=_TEXT,
    status=st.sampled_from(AreaStatus),
    category=st.sampled_from(Category),
    polygon=st.builds(Polygon, coordinates=st.tuples(st.lists(_POSITIONS, min_size=4, max_size=5).map(tuple))),
    organisation=_TEXT,
    reference=_maybe(_TEXT),
    surveyed_at=_maybe(MOMENTS),
    revision=_REVISIONS,
    recorded_at=MOMENTS,
    released=st.booleans(),
    reason=_maybe(_TEXT),
)


@st.composite
def _incident_data(draw: st.DrawFn) -> EventData:
    state = draw(INCIDENT_STATES)
    return draw(st.sampled_from(INCIDENT_EVENTS))(
        mission=state.mission,
        incident_id=state.incident_id,
        revision=state.revision,
        changed=draw(_some(_TEXT)),
        incident=state,
    )


@st.composite
def _alert_data(draw: st.DrawFn) -> EventData:
    state = draw(ALERT_STATES)
    contract: type[AlertChange] = draw(st.sampled_from(ALERT_CHANGES))
    ids = {"mission": state.mission, "alert_id": state.alert_id, "incident_id": state.incident_id}
    if contract is AlertAcknowledged:
        return AlertAcknowledged(**ids, alert=state, by=draw(_TEXT), at=draw(MOMENTS))
    return contract(**ids, alert=state)


@st.composite
def _digest_data(draw: st.DrawFn) -> EventData:
    state = draw(DIGEST_STATES)
    ids = {"mission": state.mission, "subscription_id": state.subscription_id, "digest_id": state.digest_id}
    return AlertDigestIssued(**ids, digest=state)


@st.composite
def _route_data(draw: st.DrawFn) -> EventData:
    if draw(st.booleans()):
        route = draw(ROUTE_STATES)
        return RouteRegistered(mission=route.mission, route_id=route.route_id, route=route)
    risk = draw(RISK_STATES)
    return RouteRiskChanged(
        mission=risk.mission,
        route_id=risk.route_id,
        risk=risk,
        previous_expected_events=draw(_maybe(_AMOUNTS)),
        previous_band=draw(_maybe(st.sampled_from(RiskBand))),
        previous_known_hazards=draw(_maybe(_COUNTS)),
        cause=draw(_maybe(_IDS)),
    )


@st.composite
def _check_data(draw: st.DrawFn) -> EventData:
    contract: type[ClearanceChange | PassChange] = draw(st.sampled_from(CHECK_EVENTS))
    if issubclass(contract, ClearanceChange):
        cleared = draw(CLEARANCE_STATES)
        return contract(mission=cleared.mission, route_id=cleared.route_id, clearance=cleared)
    passed = draw(PASS_STATES)
    return contract(mission=passed.mission, route_id=passed.route_id, route_pass=passed)


@st.composite
def _area_data(draw: st.DrawFn) -> EventData:
    area = draw(AREA_STATES)
    contract: type[AreaChange] = draw(st.sampled_from(AREA_EVENTS))
    return contract(mission=area.mission, area_id=area.area_id, area=area)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event of any type, with an envelope that agrees with it."""
    data = draw(_incident_data() | _alert_data() | _digest_data() | _route_data() | _check_data() | _area_data())
    envelope = Envelope(
        id=draw(_IDS),
        source=draw(_NAMES),
        subject=str(getattr(data, str(data.subject_field))),
        mission=data.mission,
        time=draw(MOMENTS),
        recorded_time=draw(MOMENTS),
        causation_id=draw(_maybe(_IDS)),
        traceparent=draw(_maybe(_NAMES)),
    )
    return Event(envelope, data)
