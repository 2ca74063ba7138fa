"""What `clearway tail` prints of an event: when, where and why, and whole ids at any width."""

import json
from importlib import resources
from typing import Any

import pytest

from clearway_platform.cli.event_lines import Line, line_of
from clearway_platform.cli.streams import load_stream

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


def id_of(data: dict[str, Any]) -> str:
    names = ("incident_id", "source_id", "digest_id", "route_id")
    return str(next(data[name] for name in names if data.get(name)))


class Known:
    """The names that a test gives."""

    def __init__(self, names: dict[str, str] | None = None) -> None:
        self.names = names or {}

    async def find(self, path: str) -> str:
        return self.names.get(path, "")

    def remember(self, path: str, name: str) -> None:
        self.names[path] = name


async def line(name: str, names: dict[str, str] | None = None, data: dict[str, Any] | None = None) -> Line:
    stream = load_stream(f"{name.split('.')[0]}s")
    kind = ".".join(name.split(".")[:2])
    description = await stream.describe(kind, data or value(name), Known(names))
    assert description is not None
    return line_of(kind, description)


@pytest.mark.parametrize("name", NAMES)
async def test_every_event_has_a_line_with_its_time_and_id(name: str) -> None:
    text = (await line(name)).laid_out(None)
    data = value(name)
    assert "\n" not in text
    assert text.startswith("2026-")
    assert id_of(data) in text


@pytest.mark.parametrize("name", NAMES)
async def test_no_line_is_wider_than_the_terminal_and_no_id_is_parted(name: str) -> None:
    text = (await line(name)).laid_out(NARROW)
    assert max(map(len, text.splitlines())) <= NARROW
    data = value(name)
    assert id_of(data) in text


async def test_a_cancellation_says_first_that_it_is_over() -> None:
    cancelled = await line("alert.cancelled.v1.plain")
    assert cancelled.parts[0] == "NO LONGER STANDS"
    assert "immediate" not in cancelled.laid_out(None)
    assert "because: area: within 2,000 m of route Falcon" in cancelled.laid_out(None)


async def test_a_digest_says_how_many_there_are_and_names_the_gravest() -> None:
    text = (await line("alert.digest_issued.v1.plain")).laid_out(None)
    assert "12 hazards stand inside the area of this subscription" in text
    assert "Active IED on Route Falcon near Oued Sel ford" in text


async def test_an_incident_shows_its_place_its_time_and_its_route() -> None:
    name = "incident.reported.v1.full"
    route = value(name)["incident"]["location"]["route_id"]
    text = (await line(name, {f"/v1/routes/{route}": "Route Falcon"})).laid_out(None)
    assert text.startswith("2026-03-14 05:52:41Z  incident.reported  Oued Sel ford (15.9022N 2.4137E)  on Route Falcon")
    assert "occurred 2026-03-14 05:45Z" in text


async def test_a_clearance_says_how_sure_it_is() -> None:
    name = "incident.clearance_claimed.v1.plain"
    assert "hazard active, reported cleared, not confirmed" in (await line(name)).laid_out(None)
    data = value(name)
    data["incident"] |= {"hazard_state": "cleared"}
    data["incident"]["clearance"] |= {"state": "confirmed"}
    assert "hazard cleared  " in (await line(name, data=data)).laid_out(None)
    data["incident"]["clearance"] |= {"override_reason": "no second verifier"}
    assert "hazard cleared, by one person" in (await line(name, data=data)).laid_out(None)


async def test_a_withdrawn_report_says_why() -> None:
    assert "withdrawn: false_report" in (await line("incident.retracted.v1.plain")).laid_out(None)


async def test_a_change_of_risk_shows_the_name_of_the_route() -> None:
    data = value("route.risk_changed.v1.rise")
    text = (await line("route.risk_changed.v1.rise", {f"/v1/routes/{data['route_id']}": "Route Falcon"})).laid_out(None)
    assert "Route Falcon  elevated → high" in text
    same = (await line("route.risk_changed.v1.rise", data=data | {"previous_band": data["risk"]["band"]})).laid_out(
        None
    )
    assert "  high as before  " in same
    new = (await line("route.risk_changed.v1.low_data")).laid_out(None)
    assert "  not rated before → low_data  " in new
    assert "known hazard" not in text + same + new


async def test_a_known_hazard_is_counted_on_its_route() -> None:
    text = (await line("route.risk_changed.v1.known_hazard")).laid_out(None)
    assert "  known_hazard as before  " in text
    assert "  2 known hazards  because of incident " in text


@pytest.mark.parametrize("name", ["incidents", "alerts", "routes"])
@pytest.mark.parametrize("kind", ["incident.foretold", "cursor"])
async def test_a_type_that_is_not_known_has_no_line(name: str, kind: str) -> None:
    assert await load_stream(name).describe(kind, {"cursor": "1-1"}, Known()) is None


async def test_a_name_that_an_event_told_is_remembered() -> None:
    data, known = value("route.registered.v1.plain"), Known()
    await load_stream("routes").describe("route.registered", data, known)
    assert known.names == {f"/v1/routes/{data['route_id']}": data["route"]["name"]}


async def test_a_name_cannot_steer_the_terminal() -> None:
    data = value("incident.reported.v1.full")
    data["incident"]["location"]["place_name"] = "\x1b[2Jford\n"
    assert (await line("incident.reported.v1.full", data=data)).laid_out(None).isprintable()
