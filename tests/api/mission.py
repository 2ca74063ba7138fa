"""A mission that uses the platform: a key of every role, and what it has put on record."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from clearway_incidents.commands.editions import Editions
from clearway_incidents.exchange.public.feeds import feeds_of
from clearway_incidents.queries.public_changes import changes
from clearway_platform.auth.principals import KeyTerms, Role
from clearway_platform.clock import new_id
from clearway_platform.log.base import Record
from clearway_testing.manual_clock import ManualClock
from clearway_testing.photos import photo

from .served import Served

Found = TypeVar("Found")
WAIT_SECONDS = 20.0
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Mission:
    """`mark` stands in every text that the mission writes, and in nothing of anyone else."""

    name: str
    mark: str
    platform: Served
    tokens: Mapping[Role, str]
    key_ids: Mapping[Role, str]
    limited: str
    """The token of an administrator's key whose scopes name no permission."""
    ids: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def client(self, role: Role = Role.ADMIN) -> Iterator[httpx.Client]:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        with httpx.Client(base_url=self.platform.url, headers=headers, timeout=30) as client:
            yield client

    def traces(self) -> set[str]:
        """What no one else may ever read."""
        return {self.name, self.mark, *self.ids.values(), *self.key_ids.values()}


def found_mission(platform: Served, name: str) -> Mission:
    """A mission of which nothing is on record yet."""
    issued = {role: platform.run(platform.process.keys.create(name, role, role.value)) for role in Role}
    tokens = {role: key.token for role, key in issued.items()}
    key_ids = {role: key.principal.id for role, key in issued.items()}
    none = KeyTerms(scopes=frozenset())
    limited = platform.run(platform.process.keys.create(name, Role.ADMIN, "limited", terms=none)).token
    return Mission(name, f"mark-{uuid4().hex}", platform, tokens, key_ids, limited)


def report(mark: str, **changes: Any) -> dict[str, Any]:
    """A report that is valid, and news; `changes` replace its fields."""
    whole = {
        "time": {"occurred_at": _hour_ago(), "precision": "minute"},
        "location": {
            "point": {"type": "Point", "coordinates": [-3.99, 17.04]},
            "precision": "gps",
            "place_name": f"km 12 {mark}",
        },
        "category": "ied",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
        "narrative": f"Suspicious object at the culvert {mark}",
        "report": {"organisation": mark, "role": "commander", "channel": "radio"},
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def claim(mark: str) -> dict[str, Any]:
    """That the hazard of the report was cleared, just now."""
    return {"organisation": mark, "method": "removed", "at": datetime.now(UTC).isoformat()}


def _hour_ago() -> str:
    return (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def route(mark: str, **changes: Any) -> dict[str, Any]:
    """A route past the place of the report."""
    line = {"type": "LineString", "coordinates": [[-4.1, 17.04], [-3.9, 17.04]]}
    return {"name": f"route {mark}", "line": line, "half_width_m": 500} | changes


def clearance(mark: str, **changes: Any) -> dict[str, Any]:
    """A clearance of the first kilometres of the route, where the report is not."""
    done = {"from_km": 0, "to_km": 1.5, "at": _hour_ago(), "organisation": mark, "note": mark}
    return done | {"method": "detector", "result": "nothing_found", "items_found": 0} | changes


def area(mark: str, **changes: Any) -> dict[str, Any]:
    """A contaminated area across the route."""
    ring = [[-4.0, 17.03], [-3.98, 17.03], [-3.98, 17.05], [-4.0, 17.05], [-4.0, 17.03]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return {"name": f"area {mark}", "status": "suspected", "polygon": polygon, "organisation": mark} | changes


def route_pass(mark: str, **changes: Any) -> dict[str, Any]:
    """A pass along the first kilometres of the route."""
    done = {"from_km": 0, "to_km": 1.5, "at": _hour_ago(), "organisation": mark, "note": mark}
    return done | {"kind": "convoy", "result": "nothing_seen"} | changes


def subscription(mark: str, **changes: Any) -> dict[str, Any]:
    """A webhook for a circle around the place of the report; nobody listens at its address."""
    centre = {"type": "Point", "coordinates": [-3.99, 17.04]}
    return {
        "name": f"convoy {mark}",
        "filter": {"area": {"type": "circle", "center": centre, "radius_m": 5000}},
        "channel": {"type": "webhook", "url": f"http://127.0.0.1:9/{mark}"},
    } | changes


def source(mark: str, **changes: Any) -> dict[str, Any]:
    """A reporting cell that may be quiet for the whole test."""
    return {"name": f"cell {mark}", "kind": "reporting_cell", "watches": mark, "quiet_after": "P30D"} | changes


def public_areas(mark: str, **changes: Any) -> dict[str, Any]:
    """Coarse areas around the place of the report, for everyone."""
    region = {"west": -6.0, "south": 15.0, "east": -2.0, "north": 19.0}
    return {
        "published": True,
        "public_name": f"p-{uuid4().hex}",
        "title": f"areas {mark}",
        "contact": f"call {mark}",
        "region": region,
        "fewest": 3,
    } | changes


def published(mission: Mission, client: httpx.Client) -> str:
    """The name under which everyone reads what the mission publishes: the edition of the next midnight is made."""
    decided = made(client.put("/v1/public-areas", json=public_areas(mission.mark), headers={"If-Match": '"0"'}))
    [incidents] = [member for member in mission.platform.process.members if member.service.name == "incidents"]
    clock = ManualClock(datetime.now(UTC) + timedelta(days=2))
    made_editions = Editions(clock, incidents.platform.database, changes, feeds_of).make_due()
    assert mission.platform.run(made_editions) >= 1
    [address, *_] = decided["addresses"]
    await_that(lambda: httpx.get(f"{mission.platform.url}{address}").is_success, "what is published is read")
    return str(decided["public_name"])


def settle(mission: Mission) -> None:
    """Put something of every kind on record, and wait until all of it is there to be read."""
    ids, mark = mission.ids, mission.mark
    ids["letter_id"] = mission.platform.run(dead_letter(mission))
    with mission.client() as client:
        ids["route_id"] = str(new_id())
        made(client.put(f"/v1/routes/{ids['route_id']}", json=route(mark)))
        ids["clearance_id"] = made(client.post(f"/v1/routes/{ids['route_id']}/clearances", json=clearance(mark)))[
            "clearance_id"
        ]
        ids["pass_id"] = made(client.post(f"/v1/routes/{ids['route_id']}/passes", json=route_pass(mark)))["pass_id"]
        ids["area_id"] = made(client.post("/v1/areas", json=area(mark)))["area_id"]
        ids["briefing_id"] = made(client.get(f"/v1/routes/{ids['route_id']}/briefing"))["briefing_id"]
        proposal = {"preset": "dense", "reason": mark}
        ids["parameters_id"] = made(client.post("/v1/risk-parameters", json=proposal))["parameters_id"]
        ids["subscription_id"] = made(client.post("/v1/subscriptions", json=subscription(mark)))["subscription_id"]
        ids["source_id"] = made(client.post("/v1/sources", json=source(mark)))["source_id"]
        retracted = made(client.post("/v1/incidents", json=report(mark)))["incident_id"]
        reason = {"reason": "duplicate", "note": mark}
        made(client.post(f"/v1/incidents/{retracted}/retract", json=reason, headers={"If-Match": '"1"'}))
        ids["retracted"] = retracted
        related = report(mark, links={"related": [retracted]})
        ids["incident_id"] = made(client.post("/v1/incidents", json=related))["incident_id"]
        ids["attachment_id"] = attached(client, ids["incident_id"], mark)
        ids["proposal_id"] = proposed(client, mark)
        ids["held_id"] = withheld(client, report(mark, narrative=instructions(mark)))
        about = {"incident_id": ids["incident_id"]}
        alert = await_that(lambda: _items(client, "/v1/alerts", about), "an alert is raised")[0]
        ids["alert_id"] = alert["alert_id"]
        explanation = f"/v1/routes/{ids['route_id']}/risk/explanation"
        await_that(lambda: ids["incident_id"] in client.get(explanation).text, "the route is re-rated")
        comparison = f"/v1/risk-parameters/{ids['parameters_id']}/comparison"
        await_that(lambda: mark in client.get(comparison).text, "the route is rated by the proposed parameters")
        deliveries = f"/v1/subscriptions/{ids['subscription_id']}/deliveries"
        # The newest is another one when the retraction's partition was read last.
        by_alert = {delivery["alert_id"]: delivery for delivery in made(client.get(deliveries))["items"]}
        ids["delivery_id"] = by_alert[ids["alert_id"]]["delivery_id"]
        failing = "/v1/alert-status/failing-endpoints"
        await_that(lambda: ids["subscription_id"] in client.get(failing).text, "its endpoint is seen to fail")
        ids["public_name"] = published(mission, client)
        ids["digest_id"] = digest(client, mark, ids["subscription_id"])


def attached(client: httpx.Client, incident_id: str, mark: str) -> str:
    """A photo of an incident."""
    sent = client.post(f"/v1/incidents/{incident_id}/attachments", content=photo(), params={"caption": mark})
    return str(made(sent)["attachment_id"])


def digest(client: httpx.Client, mark: str, known: str) -> str:
    """The digest of a new subscription, to a place where more hazards stand than are told one by one. `known` is
    another subscription."""
    place = {"type": "Point", "coordinates": [-3.0, 12.0]}
    location = {"point": place, "precision": "gps", "place_name": mark}
    standing = [report(mark, location=location) for _ in range(11)]
    incidents = [made(client.post("/v1/incidents", json=body))["incident_id"] for body in standing]
    for incident_id in incidents:
        await_that(partial(_explains, client, known, incident_id), "the incident is known to alerts")
    area = {"area": {"type": "circle", "center": place, "radius_m": 5000}}
    wanted = made(client.post("/v1/subscriptions", json=subscription(mark, filter=area)))["subscription_id"]
    [delivery] = await_that(lambda: _items(client, f"/v1/subscriptions/{wanted}/deliveries", {}), "a digest is sent")
    return str(delivery["digest_id"])


def _explains(client: httpx.Client, subscription_id: str, incident_id: str) -> bool:
    query = {"incident_id": incident_id}
    return client.get(f"/v1/subscriptions/{subscription_id}/explain", params=query).is_success


def proposed(client: httpx.Client, mark: str) -> str:
    """A proposal to retract what a source no longer has."""
    system, last = f"source {uuid4().hex}", {"occurred_at": "2020-01-01T00:00:00Z"}
    item = report(mark, external_refs=[{"system": system, "id": "1"}], time=last, hazard_state="none")
    made(client.post("/v1/incident-imports", json=[item]))
    edition = {"system": system, "edition": mark, "ids": ["2"]}
    assert made(client.post("/v1/proposals", json=edition))["proposed"] == 1
    found = made(client.get("/v1/proposals"))["items"]
    return str(next(one["proposal_id"] for one in found if one["system"] == system))


def instructions(mark: str) -> str:
    """A text that is withheld, of made-up words."""
    return f"Mix two cups of flurbium with one cup of blenk and stir, {mark}"


def withheld(client: httpx.Client, body: dict[str, Any]) -> str:
    """The held text of a new report."""
    incident = made(client.post("/v1/incidents", json=body))
    assert incident["withheld"] == ["narrative"]
    found = made(client.get("/v1/held-texts"))["items"]
    return str(next(one["held_id"] for one in found if one["incident_id"] == incident["incident_id"]))


async def dead_letter(mission: Mission) -> str:
    """A dead letter in every service that takes events, of the same message and therefore of the same id."""
    moment = datetime.now(UTC)
    headers = (("ce_mission", mission.name.encode()), ("ce_type", b"incident.reported"), ("ce_id", new_id().bytes))
    value = json.dumps({"mission": mission.name, "narrative": mission.mark}).encode()
    record = Record("incidents.v1", 0, 1, moment, mission.mark.encode(), value, headers)
    letters: set[UUID] = set()
    for member in mission.platform.stored:
        async with member.platform.database.of_every_mission("a test").write() as transaction:
            error = ValueError(mission.mark)
            letters.add(await member.platform.dead_letters.add(transaction, "a test", record, error, 5))
    (letter,) = letters
    return str(letter)


def made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return body


def await_that(look: Callable[[], Found], what: str) -> Found:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:g} s: {what}"
        time.sleep(0.02)
    return found


def _items(client: httpx.Client, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(path, params=query).json()["items"]
    return items


def uuids_in(text: str) -> set[str]:
    return set(_UUID.findall(text))
