"""A key that reads incidents reduced cannot tell two worlds apart that differ only in what it may not read.

The same life is put on record twice, at the same moments and under the same ids: with other points in the same
cells, other hours of the same days, other texts, names, reports and reasons. Then every route that reads is asked, with
filters that would find the difference, and answers and headers are compared byte for byte: so no two answers of one
world tell more than two of the other one. Routes of the platform that read no incident are not asked."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import asinh, pi, radians, tan
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from clearway_incidents.domain.sight import shown_event
from clearway_incidents.exchange.tiles import Tile
from clearway_incidents.main import STORAGE
from clearway_incidents.wiring import build
from clearway_platform.auth.principals import CEILINGS, Role
from clearway_platform.service import Platform

from .conftest import Desk, a_claim, a_report

READER = "unmix:subscriber"
BEGIN = datetime(2026, 3, 1, 6, tzinfo=UTC)
CELLS = ((-4.0, 17.0), (-3.9, 17.0), (0.0, 0.0), (-0.1, -0.1))
# What reads no incident: the platform's own, and what is the same for every mission.
NOT_ASKED = {
    "/v1/audit",
    "/v1/audit/status",
    "/v1/incident-dead-letters",
    "/v1/incident-dead-letters/{letter_id}",
    "/v1/incident-events",
    "/v1/incident-status",
    "/v1/keys",
    "/v1/public-areas",
    "/v1/public/{public_name}/areas.csv",
    "/v1/public/{public_name}/areas.geojson",
    "/v1/public/{public_name}/risk-education.geojson",
    "/v1/session",
    # For those who may review texts, and for those who have the id of a photo from its list, which is asked.
    "/v1/held-texts",
    "/v1/held-texts/{held_id}",
    "/v1/incidents/{incident_id}/attachments/{attachment_id}",
    "/v1/incidents/{incident_id}/attachments/{attachment_id}/thumbnail",
}
# It differs from request to request: where the reader's stream would go on, sealed.
_CURSOR = re.compile(rb'"cursor":"[^"]+"')


def named(number: int) -> UUID:
    """An id that a client may choose."""
    return UUID(f"01900000-0000-7000-8000-{number:012x}")


class Life:
    """One world: what it has where a reduced reader may not look comes from `seed`."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = Random(seed)

    def words(self) -> str:
        return " ".join(f"secret{self.random.randrange(10**6)}" for _ in range(self.random.randrange(1, 9)))

    def within(self, cell: tuple[float, float]) -> list[float]:
        """A place in a cell: on its western or southern side, or anywhere inside."""
        inside = [round(side + self.random.choice([0.0, self.random.uniform(0.001, 0.099)]), 5) for side in cell]
        return [max(value, side) for value, side in zip(inside, cell, strict=True)]

    def moment(self, day: str) -> str:
        return f"{day}T{self.random.randrange(1, 23):02}:{self.random.randrange(60):02}:30Z"

    def location(self, cell: tuple[float, float], **known: Any) -> dict[str, Any]:
        secret = {"place_name": self.words(), "admin2": self.words(), "chainage_m": self.random.random() * 1000}
        secret |= {
            "setting": self.random.choice(["road", "market"]),
            "route_id": str(UUID(int=self.random.getrandbits(128))),
        }
        point = {"type": "Point", "coordinates": self.within(cell)}
        return {"point": point, "precision": "gps", "admin0": "MLI"} | secret | known

    def report(self, number: int, cell: tuple[float, float], **changes: Any) -> dict[str, Any]:
        lines = {"line_2_reporting_unit_and_location": self.words(), "line_3_contact_method": self.words()}
        names = [f"{self.words()} {count}" for count in range(self.random.randrange(3))]
        return (
            a_report(
                incident_id=str(named(number)),
                time={
                    "occurred_at": self.moment("2026-02-27"),
                    "precision": self.random.choice(["minute", "hour"]),
                    "reported_at": self.moment("2026-02-28"),
                },
                location=self.location(cell),
                narrative=self.words(),
                external_refs=[
                    {"system": "register", "id": name, "url": f"https://example.org/{number}"} for name in names
                ],
                report={
                    "organisation": self.words(),
                    "role": self.words(),
                    "contact_ref": self.words(),
                    "nine_line": lines,
                },
                sharing={"tlp": "red"},
            )
            | changes
        )

    async def send(self, number: int, cell: tuple[float, float], **changes: Any) -> dict[str, Any]:
        self.desk.clock.advance(timedelta(minutes=7))
        answer = await self.desk.ask("POST", body=self.report(number, cell, **changes), by="unmix:reporter")
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def change(self, one: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
        self.desk.clock.advance(timedelta(minutes=7))
        path = f"/{one['incident_id']}"
        answer = await self.desk.ask("PATCH", path, patch, by="unmix:admin", seen=one["revision"], reason=self.words())
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    async def step(
        self, one: dict[str, Any], command: str, body: dict[str, Any], by: str = "unmix:admin"
    ) -> dict[str, Any]:
        self.desk.clock.advance(timedelta(minutes=7))
        return await self.desk.step(one, command, body, by=by)

    async def live(self) -> None:
        """All that can become of an incident, of some that are near each other and one that the reader sees whole."""
        self.desk.clock.set(BEGIN)
        incidents = [await self.send(number, CELLS[number % 4]) for number in range(1, 9)]
        known = {
            "location": a_report()["location"],
            "narrative": "known",
            "external_refs": [],
            "sharing": {"tlp": "green"},
        }
        time = {"occurred_at": "2026-02-27T12:00:00Z"}
        for number in (20, 21):
            report = {"organisation": "known", "report_id": str(named(100 + number))}
            await self.send(number, CELLS[0], report=report, time=time, **known)
        await self.change(incidents[0], {"narrative": self.words(), "location": self.location(CELLS[1])})
        await self.change(incidents[1], {"time": {"occurred_at": self.moment("2026-02-26"), "precision": "hour"}})
        claim = {name: self.words() for name in ("organisation", "extent", "reference", "reason")}
        claimed = await self.step(
            incidents[2], "clearance", a_claim(at=self.moment("2026-02-28"), **claim), "unmix:operator"
        )
        await self.step(claimed, "confirm-clearance", {})
        await self.step(incidents[3], "retract", {"reason": "false_report", "note": self.words()})
        await self.step(incidents[4], "merge", {"survivor_id": incidents[5]["incident_id"]})
        await self.step(incidents[6], "dispute", {"reason": self.words()})
        await self.step(incidents[7], "grade", {"source_reliability": "B", "info_credibility": 2})
        place = self.location(self.random.choice(CELLS), precision=self.random.choice(["gps", "locality"]))
        hidden = {"tlp": "clear", "classification": "confidential"}
        unseen = await self.send(30 + self.random.randrange(9), CELLS[0], location=place, sharing=hidden)
        await self.step(unseen, "grade", {"source_reliability": self.random.choice("BC")})


async def wipe(desk: Desk) -> None:
    """Nothing is on record any more."""
    async with desk.database.of_every_mission("a test").write() as transaction:
        for metadata in STORAGE.metadata:
            for table in metadata.sorted_tables:
                if table.name != "feed_head":
                    await transaction.connection.execute(delete(table))


def _tile_of(zoom: int, longitude: float, latitude: float) -> tuple[int, int]:
    north = asinh(tan(radians(latitude)))
    return int((longitude + 180) / 360 * 2**zoom), int((1 - north / pi) / 2 * 2**zoom)


def asked() -> Iterator[tuple[str, dict[str, str]]]:
    """Addresses and queries: also those by which a place and an hour would be found."""
    edges = [(-4.1, -4.0), (-4.0, -3.95), (-3.95, -3.9), (-0.15, -0.05), (-0.05, 0.0), (0.0, 0.05)]
    boxes = [
        f"{west},{south},{east},{north}" for west, east in edges for south, north in ((17.0, 17.05), (17.05, 17.1))
    ]
    boxes += [f"{west},{south},{east},{north}" for west, east in edges[3:] for south, north in edges[3:]]
    boxes += ["-4.0,17.0,-4.0,17.0", "0,0,0,0", "-180,-90,180,90"]
    hours = [f"2026-02-{day}T{hour:02}:00:00Z" for day in (26, 27, 28) for hour in (9, 23)]
    narrowed = [{"bbox": box} for box in boxes] + [{name: hour} for hour in hours for name in ("from", "to")]
    # Half of each cell, and a speck in it; a line through it.
    areas = [
        f"{x},{y};{x + size},{y};{x + size},{y + size};{x},{y}"
        for west, south in CELLS
        for x, y, size in ((west, south, 0.099), (west + 0.05, south + 0.05, 0.001))
    ]
    narrowed += [{"area": area} for area in areas]
    narrowed += [
        {"along": f"{west},{south + 0.05};{west + 0.1},{south + 0.05}", "within": "100"} for west, south in CELLS
    ]
    narrowed += [{"grade": grade} for grade in ("B", "2", "B2", "C", "F6")]
    narrowed += [{"precision": word} for word in ("gps", "locality")]
    narrowed += [{"as_of": "2026-03-01T06:30:00Z"}, {"limit": "2"}, {"status": "retracted"}, {}]
    for query in narrowed:
        yield "/v1/incidents", query
        yield (
            "/v1/incident-counts",
            {"per": "category", **{name: value for name, value in query.items() if name != "limit"}},
        )
        if query.keys() <= {"bbox", "area", "grade", "precision"} and query:
            yield "/v1/incident-map", {"bbox": "-180,-90,180,90", **query, "zoom": "22"}
            yield "/v1/ogc/collections/incidents/items", query
            if "bbox" not in query:
                yield "/v1/incident-tiles/0/0/0", query
    yield "/v1/incident-tiles/0/0/0", {}
    for zoom in (6, 10, 14):
        for west, south in CELLS:
            tile = Tile(zoom, *_tile_of(zoom, west + 0.03, south + 0.03))
            yield f"/v1/incident-tiles/{tile.zoom}/{tile.column}/{tile.row}", {}
    for feed in ("all", "verified", "casualties", "hazards", "deleted"):
        for period in ("hour", "week"):
            yield f"/v1/feeds/{feed}_{period}.geojson", {}
    for number in (*range(1, 9), 20):
        one = f"/v1/incidents/{named(number)}"
        yield one, {}
        yield one, {"as_of": "2026-03-01T07:00:00Z"}
        yield f"{one}/revisions", {"with_incident": "true"}
        yield f"{one}/revisions/1", {}
        yield f"{one}/revisions/2/difference", {}
        yield f"{one}/duplicates", {}
        yield f"{one}/related", {}
        yield f"{one}/attachments", {}
        yield f"/v1/ogc/collections/incidents/items/{named(number)}", {}
    for path in ("/v1/retracted-incidents", "/v1/incident-duplicates", "/v1/proposals", f"/v1/proposals/{named(1)}"):
        yield path, {}
    for path in ("/v1/ogc", "/v1/ogc/conformance", "/v1/ogc/collections", "/v1/ogc/collections/incidents"):
        yield path, {}


async def world(desk: Desk, seed: int) -> dict[str, Any]:
    """All answers of one world, by what was asked; and the events as a stream shows them."""
    await Life(desk, seed).live()
    found: dict[str, Any] = {}
    for path, query in asked():
        for accept in (
            "application/json, application/geo+json;q=0.9, application/octet-stream;q=0.1",
            "text/csv",
            "application/x-ndjson",
        ):
            if accept.startswith("application/json") or (path == "/v1/incidents" and not query):
                parameters: dict[str, Any] = dict(query)
                answer = await desk.ask("GET", path, by=READER, headers={"Accept": accept}, **parameters)
                assert answer.status_code in (200, 308, 404), answer.text
                headers = [(name, value) for name, value in answer.headers.items()]
                found[f"{path} {query} {accept}"] = answer.status_code, headers, _CURSOR.sub(b"", answer.content)
    ceiling = CEILINGS[Role.SUBSCRIBER]
    from_outbox = [(kind, shown_event(_data(value), ceiling)) for kind, value in await desk.published()]
    found["stream"] = [(kind, data) for kind, data in from_outbox if data is not None]
    await wipe(desk)
    return found


def _data(value: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(value)
    return data


async def test_worlds_are_the_same_to_who_reads_them_reduced(desk: Desk) -> None:
    first, *others = [await world(desk, seed) for seed in range(3)]
    for other in others:
        assert first.keys() == other.keys()
        assert {name for name in first if first[name] != other[name]} == set()


async def test_the_worlds_differ_to_who_reads_them_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would compare nothing."""
    monkeypatch.setitem(globals(), "READER", "unmix:admin")
    one, other = await world(desk, 0), await world(desk, 1)
    differing = {name.partition(" ")[0] for name in one if one[name] != other[name]}
    assert differing >= {"/v1/incidents", "/v1/incident-map", "/v1/ogc/collections/incidents/items"}
    assert differing >= {"/v1/feeds/all_week.geojson", f"/v1/incidents/{named(1)}/revisions"}


def test_every_route_that_reads_is_asked(platform: Platform) -> None:
    document = build(platform).app.openapi()
    there = {path for path, operations in document["paths"].items() if "get" in operations}
    patterns = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in there}
    reached = {path for path, pattern in patterns.items() for one, _ in asked() if pattern.fullmatch(one)}
    assert there - reached == NOT_ASKED


async def test_a_place_on_the_side_of_a_cell_is_found_in_the_cell_that_is_shown(desk: Desk) -> None:
    """A box that only touches the cell, and is in the one before, finds it no more than any other place in its cell."""
    location = {"point": {"type": "Point", "coordinates": [-3.9, 17.1]}, "precision": "gps"}
    made = await desk.report(location=location, sharing={"tlp": "red"})
    boxes = {"-3.95,17.05,-3.91,17.09": [], "-3.95,17.05,-3.9,17.1": [made["incident_id"]]}
    for box, ids in boxes.items():
        found = await desk.ask("GET", by=READER, bbox=box)
        assert [one["incident_id"] for one in found.json()["items"]] == ids
