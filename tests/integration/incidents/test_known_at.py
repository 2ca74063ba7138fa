"""As known at: whatever happens afterwards, every route answers about a time what it answered then.

Histories are written through the commands. What each route said at every moment is kept, and asked for again at the
end.
Who may read less gets what an oracle finds among the states that were kept: it knows no index and no SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Final

import httpx
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from clearway_contracts.vocabulary import Status
from clearway_incidents.domain.life import LIVE
from clearway_incidents.domain.sight import handling_of, shown
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import CEILINGS, Role

from .conftest import Desk, a_claim, a_report

EVERY_STATUS: Final[dict[str, Any]] = {"status": [status.value for status in Status]}
BOX: Final = "-4.0,17.04,-3.99,17.05"
# An outline in which two of the places are, and one that has a third.
AREA: Final = "-4.0,17.04;-3.99,17.04;-3.99,17.05;-4.0,17.04"
ELSEWHERE: Final = "11.9,4.9;12.1,4.9;12.0,5.1;11.9,4.9"
WORLD: Final[dict[str, Any]] = {"bbox": "-180,-90,180,90", "zoom": 4}
PLACES: Final = ([-3.9962, 17.0421], [-3.9963, 17.0422], [-3.93, 17.01], [12.0, 5.0])
MARKS: Final = (
    {"tlp": "green"},
    {"tlp": "red"},
    {"tlp": "green", "classification": "confidential"},
    {"tlp": "amber", "classification": "unclassified", "releasable_to": ["Halo"]},
    {"tlp": "clear", "classification": "unclassified", "releasable_to": []},
)
GRADES: Final = tuple(
    {"source_reliability": source, "info_credibility": information}
    for source, information in (("B", 2), ("F", 2), ("B", 6), ("A", 1), ("E", 5))
)
PRECISIONS: Final = ("gps", "locality", "country")
WORDS: Final = ("beside the culvert", "beside the bridge", "")
# Each route, and a query of it; their answers hold for a reader of everything to the last byte.
ROUTES: Final[Sequence[tuple[str, Mapping[str, Any]]]] = (
    ("/v1/incidents", {}),
    ("/v1/incidents", EVERY_STATUS),
    ("/v1/incidents", {"bbox": BOX, "category": "ied"}),
    ("/v1/incidents", {"text": "culv"}),
    ("/v1/incident-counts", {"along": "-4.1,17.04;-3.9,17.04", "within": 1_000}),
    ("/v1/incidents", {"area": AREA, "grade": ["B", "2"]}),
    ("/v1/incident-counts", {"area": [AREA, ELSEWHERE], "precision": "gps"}),
    ("/v1/ogc/collections/incidents/items", {"grade": "B2", "precision": ["gps", "locality"]}),
    ("/v1/incident-map", WORLD),
    ("/v1/incident-map", {**WORLD, "area": AREA}),
    ("/v1/incident-map", {**WORLD, "grade": "B", "precision": "gps"}),
    ("/v1/incident-counts", {"per": ["hazard_state", "status"]}),
    ("/v1/feeds/all_day.geojson", {}),
    ("/v1/feeds/hazards_day.geojson", {}),
    ("/v1/feeds/deleted_day.geojson", {}),
    ("/v1/ogc/collections/incidents/items", {"bbox": BOX}),
    ("/v1/retracted-incidents", {}),
    ("/v1/incident-duplicates", {}),
)
FORMATS: Final = ("application/geo+json", "text/csv", "application/x-ndjson")
# Of the answer itself, and not of what was known.
OF_THE_ANSWER: Final = frozenset({"cursor", "as_of", "links", "next", "url"})

Step = tuple[str, int, int]
STEPS: Final = st.tuples(
    st.sampled_from(("report", "correct", "mark", "merge", "unmerge", "retract", "clear", "relate", "review", "grade")),
    st.integers(0, 3),
    st.integers(0, 4),
)
ALL_OF_IT: Final[list[Step]] = [
    *(("report", 0, 0), ("report", 1, 1), ("mark", 0, 1), ("merge", 0, 1), ("unmerge", 0, 0), ("mark", 0, 0)),
    *(("clear", 1, 0), ("correct", 1, 2), ("relate", 0, 1), ("merge", 1, 0), ("retract", 0, 0)),
]
RAISED_AND_LOWERED: Final[list[Step]] = [
    *(("report", 0, 0), ("mark", 0, 2), ("report", 2, 0), ("mark", 0, 1), ("mark", 0, 0), ("mark", 1, 1)),
    *(("grade", 0, 2), ("mark", 1, 3), ("correct", 0, 4), ("mark", 1, 4)),
]
NUMBERS = count()


@dataclass
class History:
    """A mission, and what its office was told at every moment."""

    desk: Desk
    mission: str
    moments: list[tuple[str, dict[str, Any]]]

    async def ask(self, path: str, role: str = "admin", kind: str = "*/*", **query: Any) -> httpx.Response:
        answer = await self.desk.ask("GET", path, by=f"{self.mission}:{role}", headers={"Accept": kind}, **query)
        assert answer.status_code == 200, answer.text
        return answer

    async def whole(self, path: str, role: str = "admin", **query: Any) -> dict[str, Any]:
        """An answer with all its pages, without what is of the answer alone."""
        body = (await self.ask(path, role, **query)).json()
        while path == "/v1/incident-duplicates" and body["next"]:
            more = (await self.ask(path, role, **query, cursor=body["next"])).json()
            body = {"items": body["items"] + more["items"], "next": more["next"]}
        found: dict[str, Any] = known(body)
        return found

    async def said(self, **query: Any) -> dict[str, Any]:
        """What every route says to a reader of everything."""
        found: dict[str, Any] = {f"{path} {asked}": await self.whole(path, **asked, **query) for path, asked in ROUTES}
        for kind in FORMATS:
            found[kind] = (await self.ask("/v1/incidents", kind=kind, **query)).text
        for incident_id in self.ids:
            for part in ("duplicates", "related"):
                answer = await self.desk.ask("GET", f"/{incident_id}/{part}", by=f"{self.mission}:admin", **query)
                found[f"{incident_id} {part}"] = known(answer.json()) if answer.status_code == 200 else None
        return found

    async def state(self, number: int) -> dict[str, Any] | None:
        """One of the incidents, as it is now."""
        if not self.ids:
            return None
        items: list[dict[str, Any]] = (await self.ask("/v1/incidents", **EVERY_STATUS)).json()["items"]
        wanted = self.ids[number % len(self.ids)]
        return next(item for item in items if item["incident_id"] == wanted)

    def __post_init__(self) -> None:
        self.ids: list[str] = []

    async def take(self, step: Step) -> None:
        """One step. What the present state does not allow is refused, and changes nothing."""
        name, number, value = step
        by = f"{self.mission}:admin"
        if name == "report" or not self.ids:
            place = {"point": {"type": "Point", "coordinates": PLACES[number]}, "precision": "gps"}
            body = a_report(location=place, narrative=WORDS[value % 3])
            made = await self.desk.ask("POST", "", body, by=by)
            assert made.status_code == 201, made.text
            self.ids.append(made.json()["incident_id"])
            return
        state, other = await self.state(number), await self.state(value)
        assert state is not None
        assert other is not None
        commands: dict[str, tuple[str, str, Any]] = {
            "correct": ("PATCH", "", {"narrative": WORDS[value % 3], "location": place_patch(value)}),
            "mark": ("PATCH", "", {"sharing": MARKS[value]}),
            "relate": ("PATCH", "", {"links": {"related": [other["incident_id"]]}}),
            "merge": ("POST", "/merge", {"survivor_id": other["incident_id"]}),
            "unmerge": ("POST", "/unmerge", {}),
            "retract": ("POST", "/retract", {"reason": "privacy"}),
            "clear": ("POST", "/clearance", a_claim(at=self.desk.clock.now().isoformat())),
            "review": ("POST", "/review", {}),
            "grade": ("POST", "/grade", GRADES[value]),
        }
        method, path, body = commands[name]
        path = f"/{state['incident_id']}{path}"
        answer = await self.desk.ask(method, path, body, by=by, seen=state["revision"])
        assert answer.status_code in (200, 409, 422), answer.text
        if name == "clear" and answer.status_code == 200:
            confirm = {"override_reason": "alone"}
            path = f"/{state['incident_id']}/confirm-clearance"
            await self.desk.ask("POST", path, confirm, by=by, seen=answer.json()["revision"])


def place_patch(value: int) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": PLACES[value % len(PLACES)]}
    return {"point": point, "precision": PRECISIONS[value % len(PRECISIONS)]}


def known(body: Any) -> Any:  # noqa: ANN401 - any part of a document
    """Without what is of the answer alone."""
    if isinstance(body, Mapping):
        return {name: known(value) for name, value in body.items() if name not in OF_THE_ANSWER}
    return [known(value) for value in body] if isinstance(body, list) else body


# An example that fails is read as it is: to make it smaller would take minutes.
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@example(ALL_OF_IT)
@example(RAISED_AND_LOWERED)
@given(st.lists(STEPS, min_size=3, max_size=6))
async def test_every_route_says_of_a_time_what_it_said_then(desk: Desk, steps: list[Step]) -> None:
    history = History(desk, f"m{next(NUMBERS)}", [])
    # An incident that is not on record yet has no duplicates and no relations, and a route of it is not there.
    for step in steps:
        desk.clock.advance(timedelta(minutes=2))
        await history.take(step)
        desk.clock.advance(timedelta(seconds=30))
        history.moments.append((desk.clock.now().isoformat(), await history.said()))
    desk.clock.advance(timedelta(days=40))
    for moment, then in history.moments:
        later = await history.said(as_of=moment)
        for route, answer in later.items():
            assert answer == then.get(route), (moment, route)
    await reads_less(history)


async def reads_less(history: History) -> None:
    """What a subscriber is told about each moment: what the marks of then and of now both allow."""
    ceiling = CEILINGS[Role.SUBSCRIBER]
    everything = f"/v1/incidents {EVERY_STATUS}"
    now = {item["incident_id"]: handling_of(item) for item in history.moments[-1][1][everything]["items"]}
    for moment, said in history.moments:
        seen, words = [], []
        for item in said[everything]["items"]:
            sight = ceiling.sight(handling_of(item), now[item["incident_id"]])
            if item["status"] in LIVE and sight is not Sight.NOTHING:
                plain = {name: value for name, value in item.items() if name not in ("form", "left_out")}
                seen.append(known(shown(plain, sight, assesses=False)))
                words += [item["incident_id"]] if sight is Sight.WHOLE and "culvert" in item["narrative"] else []
        query: dict[str, Any] = {"role": "subscriber", "as_of": moment}
        assert (await history.whole("/v1/incidents", **query))["items"] == seen, moment
        found = await history.whole("/v1/incidents", **query, text="culvert")
        assert [item["incident_id"] for item in found["items"]] == words
        boxed = await history.whole("/v1/incidents", **query, bbox=BOX)
        assert [item["incident_id"] for item in boxed["items"]] == [
            item["incident_id"] for item in seen if touches(item["location"])
        ]
        for asked, expected in (
            ({"area": AREA}, [item for item in seen if in_the_area(item["location"])]),
            ({"grade": ["B6", "1"]}, [item for item in seen if item["grading"] in GRADES[2:4]]),
            ({"precision": "locality"}, [item for item in seen if item["location"]["precision"] == "locality"]),
        ):
            narrowed = await history.whole("/v1/incidents", **query, **asked)
            assert narrowed["items"] == expected, (moment, asked)
        counts = await history.whole("/v1/incident-counts", **query)
        reduced = [item for item in seen if item["form"] == "reduced"]
        assert counts["total"] == len(seen)
        assert sum(one["reduced"] for one in counts["counts"]) == len(reduced)
        drawn = await history.whole("/v1/incident-map", **query, **WORLD)
        fed = await history.whole("/v1/feeds/all_month.geojson", **query)
        ogc = await history.whole("/v1/ogc/collections/incidents/items", **query)
        for features, name in ((drawn, "properties"), (fed, "id"), (ogc, "id")):
            forms = {
                one["properties"]["incident_id"] if name == "properties" else one[name]: (
                    one["properties"]["form"],
                    one["geometry"],
                )
                for one in features["features"]
            }
            assert forms == {item["incident_id"]: (item["form"], geometry(item)) for item in seen}


def geometry(item: Mapping[str, Any]) -> dict[str, Any]:
    drawn: dict[str, Any] = item["location"]["point"] or item["location"]["area"]
    return drawn


def in_the_area(location: Mapping[str, Any]) -> bool:
    """Whether what is shown of a place is in the triangle, all of which is in one cell."""
    if location["point"] is None:
        return [-4.0, 17.0] in location["area"]["coordinates"][0]
    x, y = location["point"]["coordinates"]
    return bool(x <= -3.99 and 0 <= y - 17.04 <= x + 4.0)


def touches(location: Mapping[str, Any]) -> bool:
    """Whether what is shown of a place is in the box, or touches it."""
    west, south, east, north = map(float, BOX.split(","))
    ring = [location["point"]["coordinates"]] if location["point"] else location["area"]["coordinates"][0]
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return bool(min(xs) <= east and max(xs) >= west and min(ys) <= north and max(ys) >= south)
