"""Which command is possible in which state, and what every sequence of commands keeps true."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_contracts.incident import Grading, IncidentState
from clearway_contracts.incidents import INCIDENT_EVENTS
from clearway_contracts.vocabulary import HazardState, InfoCredibility, RetractionReason, SourceReliability, Status
from clearway_incidents.api.reports import NewReport
from clearway_incidents.domain import life
from clearway_incidents.domain.errors import NotNow, NotYours, Refusal
from clearway_incidents.domain.life import ALLOWED, HARMLESS, LIVE, Act, Kind, Step
from clearway_incidents.domain.merging import CasualtiesOf, merge, unmerge_loser
from clearway_incidents.domain.reporting import record
from clearway_incidents.outgoing import EVENTS

from .conftest import BODY, NOW

ACT = Act("verifier", NOW)
STEPS: dict[Kind, Step] = {
    Kind.REVIEW_STARTED: life.review,
    Kind.GRADED: partial(life.grade, reliability=SourceReliability.B, credibility=InfoCredibility.PROBABLY_TRUE),
    Kind.VERIFIED: partial(life.verify, reporters=frozenset({"reporter"})),
    Kind.DISPUTED: life.dispute,
    Kind.CLOSED: life.close,
    Kind.REOPENED: life.reopen,
    Kind.RETRACTED: partial(life.retract, reason=RetractionReason.FALSE_REPORT),
    Kind.HAZARD_CHANGED: partial(life.change_hazard, state=HazardState.CLEARED),
}
# The life as it is written down, apart from the code.
MOVES = {
    (Status.REPORTED, Kind.REVIEW_STARTED): Status.UNDER_REVIEW,
    (Status.DISPUTED, Kind.REVIEW_STARTED): Status.UNDER_REVIEW,
    (Status.UNDER_REVIEW, Kind.VERIFIED): Status.VERIFIED,
    (Status.UNDER_REVIEW, Kind.DISPUTED): Status.DISPUTED,
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
    assert set(ALLOWED) == set(Kind) - {Kind.REPORTED}


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


def test_the_reporter_does_not_verify(make_incident: Callable[..., IncidentState]) -> None:
    with pytest.raises(NotYours):
        STEPS[Kind.VERIFIED](make_incident(status=Status.UNDER_REVIEW), Act("reporter", NOW))


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
HAZARDS = st.sampled_from(HazardState).map(lambda state: partial(life.change_hazard, state=state))


@given(st.lists(st.tuples(st.sampled_from(list(STEPS.values())) | HAZARDS, MOMENTS), max_size=30))
def test_whatever_is_commanded_the_record_stays_sound(commands: list[tuple[Step, datetime]]) -> None:
    first = NewReport.model_validate(BODY).submission(NOW).first
    before = record(first, mission="unmix", by="reporter", at=NOW).incident
    for step, at in commands:
        try:
            after = step(before, Act("verifier", at, "a reason")).incident
        except Refusal:
            continue
        assert before.status in LIVE
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
