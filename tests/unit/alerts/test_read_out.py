"""What a radio operator reads out: what happened, what stands, where, and what to do; and that it fits a message."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from clearway_alerts.alert_shape import KEPT, ThinAlert
from clearway_alerts.channels.webhook.rendering import alert_body, digest_body
from clearway_alerts.domain.alert import Alert
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.severity import headline
from clearway_alerts.outgoing import state_of
from clearway_alerts.read_out import read_out
from clearway_alerts.warning.alert_history import MOST_REFERENCES
from clearway_contracts.alert import MOST_LISTED, AlertState, DigestState
from clearway_contracts.vocabulary import AlertKind, Category, Certainty, HazardState, Outcome, Severity, Urgency
from clearway_platform.clock import new_id

Make = Callable[..., IncidentView]
LONGEST = "\U0001f9ed" * 200
ALERT = UUID("01890000-0000-7000-8000-000000000002")


def alert_of(incident: IncidentView, kind: AlertKind = AlertKind.ISSUED, reason: str = "inside") -> AlertState:
    issued = incident.latest
    alert = Alert(
        ALERT,
        incident.mission,
        ALERT,
        incident.incident_id,
        incident.revision,
        1,
        kind,
        reason,
        matched=True,
        severity=Severity.SEVERE,
        urgency=Urgency.IMMEDIATE,
        certainty=Certainty.LIKELY,
        headline=headline(incident),
        issued_at=issued,
        expires_at=issued + timedelta(days=7),
        references=(),
    )
    return state_of(alert, incident)


def test_a_warning_is_read_out_line_by_line(make: Make) -> None:
    incident = make(mgrs="30QYD1234567890", route_id=ALERT, chainage_m=12_440.0, uncertainty_m=51.0)
    assert read_out(alert_of(incident)).splitlines() == [
        "WARNING.",
        "IED, found not cleared.",
        "The hazard is active.",
        "Near Ansongo.",
        "MGRS 30Q YD 12345 67890.",
        "Grid three zero Quebec, Yankee Delta, one two three four five, six seven eight nine zero.",
        "Latitude 17.00000 north: one seven decimal zero zero zero zero zero.",
        "Longitude 1.00000 west: one decimal zero zero zero zero zero.",
        "The place is known within 60 metres.",
        "On the route, kilometre 12.4 from its start: one two decimal four.",
        "Time: 01 March 2026, 0600 UTC.",
        "Keep away. Stop or take another route.",
    ]


def test_an_exercise_is_said_first_and_last(make: Make) -> None:
    lines = read_out(alert_of(make(exercise=True))).splitlines()
    assert (lines[0], lines[-1]) == ("EXERCISE. WARNING.", "EXERCISE: nothing has happened.")


@pytest.mark.parametrize("state", [HazardState.ACTIVE, HazardState.SUSPECTED, HazardState.MARKED, HazardState.UNKNOWN])
def test_a_cancellation_is_not_read_as_a_warning(make: Make, state: HazardState) -> None:
    said = read_out(alert_of(make(hazard_state=state), AlertKind.CANCELLED, "the incident is retracted"))
    assert said.startswith("NO LONGER STANDS.")
    assert "Because: the incident is retracted." in said
    assert "This warning is withdrawn." in said
    assert "Keep" not in said
    assert "hazard" not in said


@pytest.mark.parametrize("state", [HazardState.CLEARED, HazardState.NONE])
def test_what_is_no_longer_there_is_said_to_be_gone(make: Make, state: HazardState) -> None:
    said = read_out(alert_of(make(hazard_state=state), AlertKind.CANCELLED, "the incident is closed"))
    assert "Go on with care." in said
    assert "withdrawn" not in said


@pytest.mark.parametrize(
    ("longitude", "latitude", "said"),
    [
        (1.5, -0.25, ["Latitude 0.25000 south: zero decimal two five zero zero zero.", "Longitude 1.50000 east: "]),
        (-179.99999, 0.0, ["Latitude 0.00000 north: ", "one seven nine decimal nine nine nine nine nine."]),
    ],
)
def test_a_place_is_said_on_every_side_of_the_world(
    make: Make, longitude: float, latitude: float, said: list[str]
) -> None:
    words = read_out(alert_of(make(longitude=longitude, latitude=latitude)))
    assert all(part in words for part in said)


@pytest.mark.parametrize(
    ("reference", "spoken"),
    [
        ("4QFJ1234567890", "Grid four Quebec, Foxtrot Juliett, one two three four five, six seven eight nine zero."),
        ("ZAH1234567890", "Grid Zulu, Alfa Hotel, one two three four five, six seven eight nine zero."),
        ("30XWD", "Grid three zero X-ray, Whiskey Delta."),
        ("somewhere else", "MGRS somewhere else."),
    ],
    ids=["one figure", "at the pole", "a square", "unknown"],
)
def test_a_grid_reference_is_spoken_in_its_groups(make: Make, reference: str, spoken: str) -> None:
    assert spoken in read_out(alert_of(make(mgrs=reference))).splitlines()


@pytest.mark.parametrize(
    ("uncertainty_m", "said"),
    [(0.0, "within 0 metres"), (991.0, "within 1000 metres"), (1_001.0, "within 1.1 kilometres")],
)
def test_a_circle_is_never_said_too_small(make: Make, uncertainty_m: float, said: str) -> None:
    assert f"The place is known {said}." in read_out(alert_of(make(uncertainty_m=uncertainty_m)))


@pytest.mark.parametrize("kind", AlertKind)
@pytest.mark.parametrize("state", HazardState)
def test_every_word_has_its_words(make: Make, state: HazardState, kind: AlertKind) -> None:
    for category, outcome in product(Category, Outcome):
        said = read_out(alert_of(make(category=category, hazard_state=state, outcome=outcome), kind, "a_word"))
        assert "_" not in said
        assert "None" not in said


def test_the_longest_message_stays_under_20_kb(make: Make) -> None:
    incident = make(place_name=LONGEST, mgrs="30QYD1234567890", route_id=ALERT, chainage_m=2_000_000.0)
    long = alert_of(incident, AlertKind.UPDATED, LONGEST).model_copy(
        update={"releasable_to": (LONGEST,) * 50, "references": tuple(new_id() for _ in range(MOST_REFERENCES))}
    )
    body = alert_body(long)
    data = json.loads(body)["data"]
    assert len(body) < 20_000
    assert (data["form"], data["left_out"]) == ("full", ["releasable_to"])
    assert data["references"] == [str(reference) for reference in long.references]
    assert data["point"]["coordinates"] == [-1.0, 17.0]
    assert len(alert_body(ThinAlert.of(long, "above"))) < 20_000


def test_the_longest_digest_stays_under_20_kb_with_its_gravest_read_out(make: Make) -> None:
    alerts = (alert_of(make(place_name=LONGEST, mgrs="30QYD1234567890")),) * MOST_LISTED
    digest = DigestState(
        digest_id=ALERT,
        mission="unmix",
        subscription_id=ALERT,
        exercise=False,
        count=MOST_LISTED,
        headline="100 hazards",
        issued_at=alerts[0].issued_at,
        reason="standing",
        alerts=alerts,
    )
    body = digest_body(digest, alerts)
    listed = json.loads(body)["data"]["alerts"]
    assert len(body) < 20_000
    assert listed[0]["read_out"] == read_out(alerts[0])
    assert len(listed) >= 5


def test_what_a_thin_alert_leaves_out_names_what_is_read_out(make: Make) -> None:
    data = json.loads(alert_body(ThinAlert.of(alert_of(make()), "above")))["data"]
    assert {"read_out", "mgrs", "place_name", "chainage_m", "route_id"} <= set(data["left_out"])
    assert all(data[name] is None for name in data["left_out"])
    assert KEPT.isdisjoint(data["left_out"])
