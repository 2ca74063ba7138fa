"""Strategies that draw the events of alerts, and the heartbeats of services."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from clearway_contracts.alert import AlertSource, AlertState, DigestState
from clearway_contracts.alerts import ALERT_CHANGES, AlertAcknowledged, AlertChange, AlertDigestIssued
from clearway_contracts.envelope import EventData
from clearway_contracts.heartbeats import ConsumerProgress, HeartbeatState, ServiceBeat
from clearway_contracts.vocabulary import (
    AlertKind,
    Category,
    Certainty,
    HazardState,
    Outcome,
    Severity,
    SourceKind,
    Status,
    Tlp,
    Urgency,
)
from clearway_testing.event_parts import IDS, METRES, MOMENTS, NAMES, POINTS, REVISIONS, TEXT, maybe, some

_ALERT: Final = {
    "alert_id": IDS,
    "mission": NAMES,
    "subscription_id": IDS,
    "sequence": REVISIONS,
    "kind": st.sampled_from(AlertKind),
    "exercise": st.booleans(),
    "severity": st.sampled_from(Severity),
    "urgency": st.sampled_from(Urgency),
    "certainty": st.sampled_from(Certainty),
    "headline": TEXT,
    "issued_at": MOMENTS,
    "expires_at": MOMENTS,
    "references": some(IDS),
    "tlp": st.sampled_from(Tlp),
    "reason": TEXT,
}
_INCIDENT_ALERTS: Final = st.builds(
    AlertState,
    incident_id=IDS,
    incident_revision=REVISIONS,
    point=POINTS,
    uncertainty_m=METRES,
    category=st.sampled_from(Category),
    outcome=st.sampled_from(Outcome),
    hazard_state=st.sampled_from(HazardState),
    status=st.sampled_from(Status),
    occurred_at=maybe(MOMENTS),
    source_id=st.none(),
    source=st.none(),
    **_ALERT,
)
_SOURCE_ALERTS: Final = st.builds(
    AlertState,
    source_id=IDS,
    source=st.builds(
        AlertSource,
        name=TEXT,
        kind=st.sampled_from(SourceKind),
        watches=TEXT,
        quiet_after=st.timedeltas(timedelta(minutes=5), timedelta(days=90)),
        watched_since=MOMENTS,
        last_heard_at=maybe(MOMENTS),
    ),
    **_ALERT,
)
ALERT_STATES: Final = _INCIDENT_ALERTS | _SOURCE_ALERTS
DIGEST_STATES: Final = st.builds(
    DigestState,
    digest_id=IDS,
    mission=NAMES,
    subscription_id=IDS,
    exercise=st.booleans(),
    count=REVISIONS,
    headline=TEXT,
    issued_at=MOMENTS,
    reason=TEXT,
    alerts=st.lists(ALERT_STATES, min_size=1, max_size=2).map(tuple),
)
_HEARTBEATS: Final = st.builds(
    HeartbeatState,
    service=NAMES,
    instance=IDS,
    at=MOMENTS,
    consumers=some(st.builds(ConsumerProgress, consumer=TEXT, handled_until=MOMENTS)),
)


@st.composite
def alert_data(draw: st.DrawFn) -> EventData:
    state = draw(ALERT_STATES)
    contract: type[AlertChange] = draw(st.sampled_from(ALERT_CHANGES))
    ids = {name: getattr(state, name) for name in ("mission", "alert_id", "incident_id", "source_id")}
    if contract is AlertAcknowledged:
        return AlertAcknowledged(**ids, alert=state, by=draw(TEXT), at=draw(MOMENTS))
    return contract(**ids, alert=state)


@st.composite
def digest_data(draw: st.DrawFn) -> EventData:
    state = draw(DIGEST_STATES)
    ids = {"mission": state.mission, "subscription_id": state.subscription_id, "digest_id": state.digest_id}
    return AlertDigestIssued(**ids, digest=state)


@st.composite
def beat_data(draw: st.DrawFn) -> EventData:
    state = draw(_HEARTBEATS)
    return ServiceBeat(mission=draw(NAMES), service=state.service, heartbeat=state)
