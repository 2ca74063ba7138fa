"""Strategies that draw every event the contracts allow, for property tests."""

from typing import Any, Final

from hypothesis import strategies as st

from clearway_contracts.area import AreaState
from clearway_contracts.areas import AREA_EVENTS, AreaChange
from clearway_contracts.checks import CHECK_EVENTS, ClearanceChange, PassChange
from clearway_contracts.envelope import Envelope, Event, EventData
from clearway_contracts.geometry import LineString, Polygon
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
    RiskBand,
    Setting,
    Sex,
    SourceReliability,
    Status,
    Target,
    TimePrecision,
    Tlp,
)
from clearway_testing.alert_events import alert_data, beat_data, digest_data
from clearway_testing.event_parts import (
    AMOUNTS,
    COUNTS,
    IDS,
    METRES,
    MOMENTS,
    NAMES,
    POINTS,
    POSITIONS,
    REVISIONS,
    TEXT,
    maybe,
    some,
)


@st.composite
def _times(draw: st.DrawFn) -> IncidentTime:
    earliest, latest = sorted((draw(MOMENTS), draw(MOMENTS)))
    return IncidentTime(
        occurred_at=draw(maybe(MOMENTS)),
        earliest=earliest,
        latest=latest,
        precision=draw(st.sampled_from(TimePrecision)),
        reported_at=draw(MOMENTS),
        recorded_at=draw(MOMENTS),
    )


@st.composite
def _casualties(draw: st.DrawFn) -> Casualties:
    low, best, high = sorted(draw(COUNTS) for _ in range(3))
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
    point=POINTS,
    uncertainty_m=METRES,
    precision=st.sampled_from(LocationPrecision),
    place_name=maybe(TEXT),
    admin0=maybe(st.from_regex(r"[A-Z]{3}", fullmatch=True)),
    admin1=maybe(TEXT),
    admin2=maybe(TEXT),
    mgrs=maybe(TEXT),
    route_id=maybe(IDS),
    chainage_m=maybe(METRES),
    setting=st.sampled_from(Setting),
)
_REPORTS: Final = st.builds(
    Report,
    report_id=IDS,
    organisation=TEXT,
    role=TEXT,
    channel=st.sampled_from(Channel),
    received_at=MOMENTS,
    contact_ref=maybe(TEXT),
    nine_line=maybe(st.builds(NineLine, line_1_date_time_group=maybe(TEXT), line_4_type_of_ordnance=maybe(TEXT))),
)
_IMPACTS: Final = st.builds(
    Impact,
    vehicles_damaged=maybe(COUNTS),
    vehicles_destroyed=maybe(COUNTS),
    road_passable=st.sampled_from(Passable),
    mission_impact=maybe(st.sampled_from(MissionImpact)),
)

INCIDENT_STATES: Final = st.builds(
    IncidentState,
    incident_id=IDS,
    revision=REVISIONS,
    mission=NAMES,
    exercise=st.booleans(),
    external_refs=some(st.builds(ExternalRef, system=TEXT, id=TEXT, url=maybe(TEXT))),
    reports=some(_REPORTS),
    time=_times(),
    location=_LOCATIONS,
    category=st.sampled_from(Category),
    actuation=st.sampled_from(Actuation),
    delivery=st.sampled_from(Delivery),
    outcome=st.sampled_from(Outcome),
    hazard_state=st.sampled_from(HazardState),
    target=st.sampled_from(Target),
    activity=st.sampled_from(Activity),
    casualties=some(_casualties()),
    impact=_IMPACTS,
    protective_measures=some(st.sampled_from(ProtectiveMeasure)),
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
        releasable_to=some(TEXT),
        retention_until=maybe(MOMENTS),
    ),
    narrative=TEXT,
    links=st.builds(Links, merged_into=maybe(IDS), merged_from=some(IDS), related=some(IDS)),
    retraction=maybe(st.builds(Retraction, reason=st.sampled_from(RetractionReason), by=TEXT, at=MOMENTS)),
    clearance=maybe(
        st.builds(
            Clearance,
            state=st.sampled_from(ClearanceState),
            hazard_state=st.sampled_from(HazardState),
            organisation=TEXT,
            method=st.sampled_from(ClearanceMethod),
            at=MOMENTS,
            extent=maybe(TEXT),
            reference=maybe(TEXT),
            claimed_by=TEXT,
            confirmed_by=maybe(TEXT),
            override_reason=maybe(TEXT),
        )
    ),
    audit=st.builds(
        Audit, created_by=TEXT, created_at=MOMENTS, updated_at=MOMENTS, prev_hash=maybe(TEXT), hash=maybe(TEXT)
    ),
)
ROUTE_STATES: Final = st.builds(
    RouteState,
    route_id=IDS,
    mission=NAMES,
    name=TEXT,
    line=st.builds(LineString, coordinates=st.lists(POSITIONS, min_size=2, max_size=4).map(tuple)),
    half_width_m=st.floats(1, 1e5),
    registered_at=MOMENTS,
    revision=REVISIONS,
    retired=st.booleans(),
)
RISK_STATES: Final = st.builds(
    RiskState,
    route_id=IDS,
    mission=NAMES,
    at=MOMENTS,
    horizon_days=st.floats(0.1, 365),
    expected_events=AMOUNTS,
    low=AMOUNTS,
    high=AMOUNTS,
    n_eff=AMOUNTS,
    probability=st.floats(0, 1),
    band=st.sampled_from(RiskBand),
    data_age_days=maybe(AMOUNTS),
    nearby_sample=maybe(AMOUNTS),
    known_hazards=COUNTS,
)

_OF_A_CHECK: Final[dict[str, Any]] = {
    "route_id": IDS,
    "mission": NAMES,
    "route_revision": REVISIONS,
    "from_m": st.floats(0, 1e5),
    "to_m": st.floats(1.1e5, 2e6),
    "at": MOMENTS,
    "organisation": TEXT,
    "revision": REVISIONS,
    "recorded_at": MOMENTS,
    "withdrawn": st.booleans(),
}
CLEARANCE_STATES: Final = st.builds(
    RouteClearanceState,
    **_OF_A_CHECK,
    clearance_id=IDS,
    method=st.sampled_from(SearchMethod),
    result=st.sampled_from(SearchResult),
    items_found=maybe(COUNTS),
)
PASS_STATES: Final = st.builds(
    RoutePassState, **_OF_A_CHECK, pass_id=IDS, kind=st.sampled_from(PassKind), result=st.sampled_from(PassResult)
)

AREA_STATES: Final = st.builds(
    AreaState,
    area_id=IDS,
    mission=NAMES,
    name=TEXT,
    status=st.sampled_from(AreaStatus),
    category=st.sampled_from(Category),
    polygon=st.builds(Polygon, coordinates=st.tuples(st.lists(POSITIONS, min_size=4, max_size=5).map(tuple))),
    organisation=TEXT,
    reference=maybe(TEXT),
    surveyed_at=maybe(MOMENTS),
    revision=REVISIONS,
    recorded_at=MOMENTS,
    released=st.booleans(),
    reason=maybe(TEXT),
)


@st.composite
def _incident_data(draw: st.DrawFn) -> EventData:
    state = draw(INCIDENT_STATES)
    return draw(st.sampled_from(INCIDENT_EVENTS))(
        mission=state.mission,
        incident_id=state.incident_id,
        revision=state.revision,
        changed=draw(some(TEXT)),
        incident=state,
    )


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
        previous_expected_events=draw(maybe(AMOUNTS)),
        previous_band=draw(maybe(st.sampled_from(RiskBand))),
        previous_known_hazards=draw(maybe(COUNTS)),
        cause=draw(maybe(IDS)),
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
    incidents_and_alerts = _incident_data() | alert_data() | digest_data()
    data = draw(incidents_and_alerts | _route_data() | _check_data() | _area_data() | beat_data())
    envelope = Envelope(
        id=draw(IDS),
        source=draw(NAMES),
        subject=str(data.subject),
        mission=data.mission,
        time=draw(MOMENTS),
        recorded_time=draw(MOMENTS),
        causation_id=draw(maybe(IDS)),
        traceparent=draw(maybe(NAMES)),
    )
    return Event(envelope, data)
