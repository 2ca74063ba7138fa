"""What `clearway tail` prints of an event: when, where and why, and whole ids at any width."""

import json
from importlib import resources
from typing import Any

import pytest

from clearway_platform.cli.event_lines import Line, line_of, route_of

NARROW = 80
EXAMPLES = resources.files("clearway_contracts") / "examples"
NAMES = sorted(
    entry.name.removesuffix(".json")
    for entry in EXAMPLES.iterdir()
    if entry.name.endswith(".json") and entry.name.split(".")[0] in ("incident", "alert", "route")
)


def value(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())["value"]
    return found


def line(name: str, routes: dict[str, str] | None = None) -> Line:
    made = line_of(".".join(name.split(".")[:2]), value(name), routes or {})
    assert made is not None
    return made


@pytest.mark.parametrize("name", NAMES)
def test_every_event_has_a_line_with_its_time_and_id(name: str) -> None:
    text = line(name).laid_out(None)
    data = value(name)
    assert "\n" not in text
    assert text.startswith("2026-")
    assert str(data.get("incident_id") or data["route_id"]) in text


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_terminal_and_no_id_is_parted(name: str) -> None:
    text = line(name).laid_out(NARROW)
    assert max(map(len, text.splitlines())) <= NARROW
    data = value(name)
    assert str(data.get("incident_id") or data["route_id"]) in text


def test_a_cancellation_says_first_that_it_is_over() -> None:
    cancelled = line("alert.cancelled.v1.plain")
    assert cancelled.parts[0] == "NO LONGER STANDS"
    assert "immediate" not in cancelled.laid_out(None)
    assert "because: area: within 2,000 m of route Falcon" in cancelled.laid_out(None)


def test_an_incident_shows_its_place_its_time_and_its_route() -> None:
    name = "incident.reported.v1.full"
    route = route_of("incident.reported", value(name))
    assert route is not None
    text = line(name, {route: "Route Falcon"}).laid_out(None)
    assert text.startswith("2026-03-14 05:52:41Z  incident.reported  Oued Sel ford (15.9022N 2.4137E)  on Route Falcon")
    assert "occurred 2026-03-14 05:45Z" in text


def test_a_withdrawn_report_says_why() -> None:
    assert "withdrawn: false_report" in line("incident.retracted.v1.plain").laid_out(None)


def test_a_change_of_risk_shows_the_name_of_the_route() -> None:
    data = value("route.risk_changed.v1.rise")
    text = line("route.risk_changed.v1.rise", {data["route_id"]: "Route Falcon"}).laid_out(None)
    assert "Route Falcon  elevated → high" in text


def test_a_type_that_is_not_known_has_no_line() -> None:
    assert line_of("incident.foretold", {}, {}) is None
    assert line_of("cursor", {"cursor": "1-1"}, {}) is None


def test_a_name_cannot_steer_the_terminal() -> None:
    data = value("incident.reported.v1.full")
    data["incident"]["location"]["place_name"] = "\x1b[2Jford\n"
    made = line_of("incident.reported", data, {})
    assert made is not None
    assert made.laid_out(None).isprintable()
