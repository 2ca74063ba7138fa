"""When a source is silent, and what is said of that."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from clearway_alerts.alert_shape import ThinAlert, shape_of
from clearway_alerts.channels.webhook.rendering import alert_body
from clearway_alerts.consumers.heard import heard_in
from clearway_alerts.domain.alert import DecisionKind
from clearway_alerts.domain.areas import Everything
from clearway_alerts.domain.clauses import source_clauses, sources
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.source import (
    OF_SOURCES,
    SourceState,
    WatchedSource,
    decide_silence,
    duration_in_words,
    key_of,
)
from clearway_alerts.domain.subscription import Filter
from clearway_alerts.lines import describe
from clearway_alerts.read_out import read_out
from clearway_contracts.alert import ALSO_OF_INCIDENT, OF_INCIDENT, OF_SOURCE, AlertState
from clearway_contracts.incidents import INCIDENT_EVENTS, IncidentChange
from clearway_contracts.vocabulary import AlertKind, Channel, Inclusion, SourceKind, Tlp

Make = Callable[..., IncidentView]
BEGAN = datetime(2026, 3, 14, 4, 10, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)
EVENTS = {event.event_type: event for event in INCIDENT_EVENTS}


def example(name: str) -> dict[str, Any]:
    file = resources.files("clearway_contracts") / "examples" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["value"]
    return found


def change(name: str, **changes: Any) -> IncidentChange:
    data = example(name)
    event = EVENTS[name.rsplit(".v1.", 1)[0]].model_validate_json(json.dumps(data))
    return event.model_copy(update=changes)


def source(**changes: Any) -> WatchedSource:
    whole: dict[str, Any] = {
        "id": UUID(int=1),
        "mission": "unmix",
        "name": "Sector West",
        "kind": SourceKind.REPORTING_CELL,
        "watches": "Sector West",
        "quiet_after": SIX_HOURS,
        "watched_since": BEGAN - timedelta(days=1),
        "last_heard_at": BEGAN,
        "turn": 0,
    }
    return WatchedSource(**whole | changes)


def test_it_is_silent_when_it_was_quiet_for_as_long_as_it_may_be() -> None:
    assert decide_silence(source(), BEGAN + SIX_HOURS - timedelta(seconds=1)) is None
    decision = decide_silence(source(), BEGAN + SIX_HOURS)
    assert decision is not None
    assert decision.kind is DecisionKind.ISSUED
    said = "nothing was heard from the reporting cell Sector West since 2026-03-14 04:10Z, longer than 6 h"
    assert decision.reason == f"source_silent: {said}"


def test_what_was_never_heard_counts_from_when_it_was_first_watched() -> None:
    never = source(last_heard_at=None, watched_since=BEGAN)
    assert never.state is SourceState.NEVER_HEARD
    assert decide_silence(never, BEGAN + SIX_HOURS - timedelta(seconds=1)) is None
    decision = decide_silence(never, BEGAN + SIX_HOURS)
    assert decision is not None
    assert "since 2026-03-14 04:10Z, when it was first watched" in decision.reason


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"last_heard_at": BEGAN + SIX_HOURS}, "is heard again: 2026-03-14 10:10Z"),
        ({"is_deleted": True}, "is no longer watched"),
        (
            {"last_heard_at": None, "watched_since": BEGAN, "quiet_after": timedelta(days=2)},
            "may now be quiet for 2 d",
        ),
    ],
    ids=["heard", "deleted", "longer"],
)
def test_a_silence_ends(changes: dict[str, Any], says: str) -> None:
    now = BEGAN + SIX_HOURS + timedelta(minutes=1)
    assert decide_silence(source(turn=1), now) is None
    decision = decide_silence(source(turn=1, **changes), now)
    assert decision is not None
    assert decision.kind is DecisionKind.CANCELLED
    assert says in decision.reason


def test_what_is_no_longer_watched_does_not_fall_silent() -> None:
    assert decide_silence(source(is_deleted=True), BEGAN + timedelta(days=9)) is None


@pytest.mark.parametrize(
    ("duration", "words"),
    [(timedelta(minutes=5), "5 min"), (timedelta(hours=36), "1 d 12 h"), (timedelta(days=90), "90 d")],
    ids=str,
)
def test_durations_are_said_in_words(duration: timedelta, words: str) -> None:
    assert duration_in_words(duration) == words


def test_an_organisation_is_the_same_in_capitals_and_with_blanks() -> None:
    assert key_of(SourceKind.REPORTING_CELL, " Sector  WEST") == key_of(SourceKind.REPORTING_CELL, "sector west")
    assert key_of(SourceKind.IMPORT, "AWSD") == "AWSD"


@pytest.mark.parametrize(
    ("chosen", "holds"),
    [
        ({}, True),
        ({"sources": Inclusion.ONLY}, True),
        ({"sources": Inclusion.EXCLUDE}, False),
        ({"tlp_max": Tlp.GREEN}, True),
        ({"tlp_max": Tlp.CLEAR}, False),
        ({"exercises": Inclusion.INCLUDE}, True),
        ({"exercises": Inclusion.ONLY}, False),
    ],
    ids=str,
)
def test_a_filter_lets_silent_sources_through_unless_it_says_otherwise(chosen: dict[str, Any], holds: bool) -> None:
    clauses = source_clauses(Filter(area=Everything(), **chosen), OF_SOURCES.tlp)
    assert all(clause.holds for clause in clauses) is holds


@pytest.mark.parametrize(("chosen", "holds"), [("include", True), ("exclude", True), ("only", False)])
def test_who_asks_for_sources_alone_gets_no_incidents(make: Make, chosen: str, holds: bool) -> None:
    assert sources(Filter(area=Everything(), sources=Inclusion(chosen)), make()).holds is holds


def test_a_new_report_is_heard_from_its_organisation() -> None:
    reported = change("incident.reported.v1.full")
    cell = key_of(SourceKind.REPORTING_CELL, reported.incident.reports[0].organisation)
    assert heard_in(reported, BEGAN)[SourceKind.REPORTING_CELL][cell] == BEGAN
    assert heard_in(reported, BEGAN)[SourceKind.IMPORT] == {}


def test_a_report_that_is_added_is_heard_and_no_other_change_is() -> None:
    state = change("incident.reported.v1.full").incident
    last = state.reports[-1].model_copy(update={"organisation": "Sector East"})
    added = state.model_copy(update={"reports": (*state.reports, last)})
    corrected = change("incident.corrected.v1.plain", incident=added, changed=("reports",))
    assert list(heard_in(corrected, BEGAN)[SourceKind.REPORTING_CELL]) == ["sector east"]
    merely = change("incident.corrected.v1.plain", incident=added, changed=("narrative",))
    assert heard_in(merely, BEGAN)[SourceKind.REPORTING_CELL] == {}
    merged = change("incident.merged.v1.survivor", incident=added, changed=("reports",))
    assert heard_in(merged, BEGAN)[SourceKind.REPORTING_CELL] == {}


def test_an_import_is_heard_when_it_brings_a_report() -> None:
    reported = change("incident.reported.v1.full")
    refs = example("incident.reported.v1.full")["incident"]["external_refs"]
    by_import = [report.model_copy(update={"channel": Channel.IMPORT}) for report in reported.incident.reports]
    imported = reported.model_copy(
        update={"incident": reported.incident.model_copy(update={"reports": tuple(by_import)})}
    )
    assert set(heard_in(imported, BEGAN)[SourceKind.IMPORT]) == {ref["system"] for ref in refs}


@pytest.mark.parametrize("kind", ["issued", "cancelled"])
async def test_a_line_of_tail_names_the_source(kind: str) -> None:
    description = await describe(f"alert.{kind}", example(f"alert.{kind}.v2.source"), NoNames())
    assert description is not None
    line = " ".join(description[1])
    assert "Sector West" in line
    assert "source 019ceae7-0000-7083-9e37-79b97f4a7c15" in line
    assert "incident" not in line


class NoNames:
    async def find(self, path: str) -> str:
        return ""

    def remember(self, path: str, name: str) -> None:
        """Nothing is named."""


def test_a_message_says_which_source_and_links_to_it() -> None:
    alert = AlertState.model_validate_json(json.dumps(example("alert.issued.v2.source")["alert"]))
    data = json.loads(alert_body(alert))["data"]
    assert (data["incident_id"], data["form"]) == (None, "full")
    assert data["source"]["quiet_after"] == "PT6H"
    assert data["links"]["source"] == f"/v1/sources/{data['source_id']}"
    assert data["links"]["incident"] is None
    thin = shape_of(ThinAlert.of(alert, "above"))
    assert (thin["source_id"], thin["source"], thin["headline"]) == (data["source_id"], None, None)
    assert {"source", "headline"} <= set(thin["left_out"])
    assert "point" not in thin["left_out"]


@pytest.mark.parametrize(
    "changes",
    [{"source": None}, {"source_id": None}, {"incident_id": "019ceae7-6840-7083-9e37-79b97f4a7c15"}],
    ids=str,
)
def test_an_alert_is_of_an_incident_or_of_a_source(changes: dict[str, Any]) -> None:
    data = example("alert.issued.v2.source")["alert"] | changes
    with pytest.raises(ValidationError, match="an incident, or all of a source"):
        AlertState.model_validate_json(json.dumps(data))


@pytest.mark.parametrize("has_source", [True, False])
def test_an_alert_is_not_of_both_and_not_of_neither(has_source: bool) -> None:
    ours, other = example("alert.issued.v2.source")["alert"], example("alert.issued.v2.plain")["alert"]
    names = OF_SOURCE if has_source else OF_INCIDENT
    data = other | {name: ours[name] for name in names}
    with pytest.raises(ValidationError, match="an incident, or all of a source"):
        AlertState.model_validate_json(json.dumps(data))


def test_a_silence_is_read_out_in_its_own_words() -> None:
    alert = AlertState.model_validate_json(json.dumps(example("alert.issued.v2.source")["alert"]))
    first, *rest = read_out(alert).splitlines()
    assert first == "WARNING."
    assert rest[0].startswith("Nothing was heard from the reporting cell")
    assert rest[1:] == ["Silence is not safety. Ask this source by another way."]
    over = alert.model_copy(update={"kind": AlertKind.CANCELLED, "reason": "source_silent: the relay x is heard again"})
    assert read_out(over).splitlines() == ["NO LONGER STANDS.", "The relay x is heard again."]


@pytest.mark.parametrize("name", ALSO_OF_INCIDENT)
def test_an_alert_of_a_source_has_no_place(name: str) -> None:
    place = {"place_name": "Somewhere", "mgrs": "38SMB", "route_id": str(UUID(int=1)), "chainage_m": 0.0}
    data = example("alert.issued.v2.source")["alert"] | {name: place[name]}
    with pytest.raises(ValidationError, match="an incident, or all of a source"):
        AlertState.model_validate_json(json.dumps(data))
