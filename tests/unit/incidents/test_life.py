"""Which command is possible in which state, and what every sequence of commands keeps true."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_contracts.geometry import Point
from clearway_contracts.incident import Grading, IncidentState, IncidentTime, Location
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_contracts.vocabulary import (
    ClearanceMethod,
    ClearanceState,
    HazardState,
    InfoCredibility,
    LocationPrecision,
    RetractionReason,
    SourceReliability,
    Status,
)
from clearway_incidents.api.reports import NewReport
from clearway_incidents.domain import hazard, life
from clearway_incidents.domain.errors import NotNow, NotYours, Refusal
from clearway_incidents.domain.grading import independent
from clearway_incidents.domain.hazard import Claim, is_less
from clearway_incidents.domain.life import ALLOWED, HARMLESS, LIVE, Act, Kind, Step
from clearway_incidents.domain.merging import CasualtiesOf, merge, unmerge_loser
from clearway_incidents.domain.reporting import record
from clearway_incidents.domain.verifying import Basis, decisive_changes, verify
from clearway_incidents.outgoing import EVENTS

from .conftest import BODY, NOW

ACT = Act("verifier", NOW)
BASIS = Basis({UUID(int=1): "reporter"}, frozenset({"corrector"}), frozenset({"grader"}))
STEPS: dict[Kind, Step] = {
    Kind.REVIEW_STARTED: life.review,
    Kind.GRADED: partial(life.grade, reliability=SourceReliability.B, credibility=InfoCredibility.PROBABLY_TRUE),
    Kind.VERIFIED: partial(verify, basis=BASIS),
    Kind.DISPUTED: life.dispute,
    Kind.CLOSED: life.close,
    Kind.REOPENED: life.reopen,
    Kind.RETRACTED: partial(life.retract, reason=RetractionReason.FALSE_REPORT),
    Kind.HAZARD_CHANGED: partial(hazard.change_hazard, state=HazardState.CLEARED),
}
# The life as it is written down, apart from the code.
MOVES = {
    (Status.REPORTED, Kind.REVIEW_STARTED): Status.UNDER_REVIEW,
    (Status.DISPUTED, Kind.REVIEW_STARTED): Status.UNDER_REVIEW,
    (Status.UNDER_REVIEW, Kind.VERIFIED): Status.VERIFIED,
    (Status.REPORTED, Kind.DISPUTED): Status.DISPUTED,
    (Status.UNDER_REVIEW, Kind.DISPUTED): Status.DISPUTED,
    (Status.VERIFIED, Kind.DISPUTED): Status.DISPUTED,
    (Status.VERIFIED, Kind.CLOSED): Status.CLOSED,
    (Status.CLOSED, Kind.REOPENED): Status.UNDER_REVIEW,
} | {(status, Kind.RETRACTED): Status.RETRACTED for status in LIVE}
STAYS = {Kind.GRADED, Kind.HAZARD_CHANGED}


@pytest.mark.parametrize(("status", "kind"), list(product(Status, STEPS)))
def test_every_command_in_every_state(make_incident: Callable[..., IncidentState], status: Status, kind: Kind) -> None:
    credible = Grading(source_reliability=SourceReliability.B, info_credibility=InfoCredibility.CONFIRMED)
    incident = make_incident(status=status, grading=credible, hazard_state=HazardState.NONE)
    expected = status if kind in STAYS and status in LIVE else MOVES.get((status, kind))
    if expected is None:
        with pytest.raises(NotNow):
            STEPS[kind](incident, ACT)
    else:
        change = STEPS[kind](incident, ACT)
        assert (change.kind, change.incident.status, change.incident.revision) == (kind, expected, 2)


def test_every_command_has_its_states() -> None:
    # An expired record is reduced in whatever state it is, and nobody asks for it.
    assert set(ALLOWED) == set(Kind) - {Kind.REPORTED, Kind.EXPIRED}


def test_every_command_has_its_event_and_every_event_a_command() -> None:
    assert set(EVENTS) == set(Kind)
    assert set(EVENTS.values()) == set(INCIDENT_EVENTS)


@pytest.mark.parametrize("state", HazardState)
def test_closing_without_a_reason_needs_the_hazard_gone(
    make_incident: Callable[..., IncidentState], state: HazardState
) -> None:
    incident = make_incident(status=Status.VERIFIED, hazard_state=state)
    if state in HARMLESS:
        assert life.close(incident, ACT).incident.status is Status.CLOSED
    else:
        with pytest.raises(NotNow, match="override_reason"):
            life.close(incident, ACT)


@pytest.mark.parametrize("who", ["reporter", "corrector", "grader"])
@pytest.mark.parametrize("person", [None, "key"])
def test_nobody_whom_it_rests_on_verifies(
    make_incident: Callable[..., IncidentState], who: str, person: str | None
) -> None:
    act = Act(who, NOW) if person is None else Act(person, NOW, person=who)
    with pytest.raises(NotYours):
        STEPS[Kind.VERIFIED](make_incident(status=Status.UNDER_REVIEW), act)


def test_one_of_two_who_graded_verifies(make_incident: Callable[..., IncidentState]) -> None:
    credible = Grading(source_reliability=SourceReliability.B, info_credibility=InfoCredibility.CONFIRMED)
    incident = make_incident(status=Status.UNDER_REVIEW, grading=credible)
    basis = replace(BASIS, graders=frozenset({"grader", "another"}))
    assert verify(incident, Act("grader", NOW), basis=basis).incident.status is Status.VERIFIED


@pytest.mark.parametrize(
    ("reports", "are"),
    [
        ([("ann", "Convoy 12"), ("ben", "Clinic")], True),
        ([("ann", "Convoy 12"), ("ben", " convoy  12 ")], False),
        ([("ann", "Convoy 12"), ("ann", "Clinic")], False),
        ([("ann", "Convoy 12"), ("ben", "unknown")], True),
        ([("ann", "unknown"), ("ann", "Clinic")], False),
        ([("ann", "Convoy 12"), ("ann", "Clinic"), ("ben", "Convoy 12")], True),
        ([("ann", "Convoy 12")], False),
    ],
)
def test_reports_are_independent_by_principal_and_organisation(
    make_incident: Callable[..., IncidentState], reports: list[tuple[str, str]], are: bool
) -> None:
    [first] = make_incident().reports
    given = [
        first.model_copy(update={"report_id": UUID(int=number), "organisation": organisation})
        for number, (_by, organisation) in enumerate(reports)
    ]
    reporters = {UUID(int=number): by for number, (by, _organisation) in enumerate(reports)}
    assert independent(given, reporters) is are
    assert not independent(given, {})


def changed(incident: IncidentState, **values: Any) -> IncidentState:
    """The incident with other values within its place and time."""
    location = incident.location.model_copy(update={k: v for k, v in values.items() if k in Location.model_fields})
    time = incident.time.model_copy(update={k: v for k, v in values.items() if k in IncidentTime.model_fields})
    return incident.model_copy(update={"location": location, "time": time})


@pytest.mark.parametrize(
    ("values", "decisive"),
    [
        ({"point": Point(coordinates=(-3.9962, 17.0423))}, ()),
        ({"point": Point(coordinates=(-3.9962, 17.0424))}, ("place",)),
        ({"uncertainty_m": 10.0}, ()),
        ({"uncertainty_m": 26.0}, ("place",)),
        ({"place_name": "km 12", "admin1": "Gao", "precision": LocationPrecision.SURVEYED_POINT}, ()),
        ({"latest": datetime(2026, 3, 1, 5, 40, 30, tzinfo=UTC)}, ()),
        ({"latest": datetime(2026, 3, 1, 5, 42, tzinfo=UTC)}, ("time",)),
        ({"earliest": datetime(2026, 3, 1, 5, 38, tzinfo=UTC)}, ("time",)),
    ],
)
def test_what_is_only_known_better_is_not_decisive(
    make_incident: Callable[..., IncidentState], values: dict[str, Any], decisive: tuple[str, ...]
) -> None:
    incident = make_incident()
    assert decisive_changes(incident, changed(incident, **values)) == decisive


@pytest.mark.parametrize("credibility", InfoCredibility)
def test_only_what_is_probably_true_is_verified(
    make_incident: Callable[..., IncidentState], credibility: InfoCredibility
) -> None:
    grading = Grading(source_reliability=SourceReliability.A, info_credibility=credibility)
    incident = make_incident(status=Status.UNDER_REVIEW, grading=grading)
    if credibility <= 2:
        assert STEPS[Kind.VERIFIED](incident, ACT).incident.status is Status.VERIFIED
    else:
        with pytest.raises(NotNow):
            STEPS[Kind.VERIFIED](incident, ACT)


MOMENTS = st.integers(-3600, 3600).map(lambda seconds: datetime(2026, 3, 1, 7, tzinfo=UTC) + timedelta(seconds=seconds))
CLAIM = Claim(HazardState.CLEARED, "Clearance team", ClearanceMethod.REMOVED, NOW)
CLEARING: list[Step] = [
    partial(hazard.claim, claimed=CLAIM),
    partial(hazard.confirm, claimant="reporter", override_reason=None),
    partial(hazard.dismiss, claimant="reporter"),
]
HAZARDS = st.sampled_from(HazardState).map(lambda state: partial(hazard.change_hazard, state=state))


@given(st.lists(st.tuples(st.sampled_from([*STEPS.values(), *CLEARING]) | HAZARDS, MOMENTS), max_size=30))
def test_whatever_is_commanded_the_record_stays_sound(commands: list[tuple[Step, datetime]]) -> None:
    first = NewReport.model_validate(BODY).submission(NOW).first
    before = record(first, mission="unmix", by="reporter", at=NOW).incident
    for step, at in commands:
        try:
            change = step(before, Act("verifier", at, "a reason", assesses=True))
        except Refusal:
            continue
        after = change.incident
        assert before.status in LIVE
        assert not is_less(before.hazard_state, after.hazard_state) or change.kind is Kind.CLEARANCE_CONFIRMED
        claimed = after.clearance is not None and after.clearance.state is ClearanceState.CLAIMED
        assert not (claimed and after.hazard_state in HARMLESS)
        assert after.revision == before.revision + 1
        assert after.audit.updated_at >= before.audit.updated_at
        assert (after.incident_id, after.mission, after.audit.created_by) == (first.incident_id, "unmix", "reporter")
        assert (after.retraction is not None) == (after.status is Status.RETRACTED)
        assert (after.time.recorded_at, after.reports) == (before.time.recorded_at, before.reports)
        before = after


@given(st.sampled_from(sorted(LIVE)), st.sampled_from(CasualtiesOf))
def test_an_alias_is_restored_to_what_it_was(status: Status, casualties: CasualtiesOf) -> None:
    loser, survivor = (
        record(NewReport.model_validate(BODY).submission(NOW).first, mission="unmix", by="reporter", at=NOW).incident
        for _ in range(2)
    )
    loser = life.revise(loser, NOW, status=status)
    alias, joined = merge(loser, survivor, ACT, casualties=casualties)
    restored = unmerge_loser(alias.incident, loser, ACT).incident
    assert (restored.status, restored.links, restored.casualties) == (loser.status, loser.links, loser.casualties)
    assert len(joined.incident.reports) == 2
