"""Incidents that not every key may read, with a secret in each field that is restricted, and all that tells of them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from clearway_contracts.handling import Handling
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.log.base import Record

from .mission import Mission, attached, await_that, claim, instructions, made, report, subscription, withheld


@dataclass
class Planted:
    """An incident with these marks. `secrets` stand in what is restricted of it, and in nothing else; `ids` are of what
    tells of it."""

    handling: Handling
    word: str
    point: tuple[float, float]
    contact: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> set[str]:
        return {self.word, *map(str, self.point)}

    @property
    def sharing(self) -> dict[str, Any]:
        handling = self.handling
        named = list(handling.releasable_to)
        return {"tlp": handling.tlp, "classification": handling.classification, "releasable_to": named}


def plants() -> list[Planted]:
    """One for each mark, above the ceilings of the tests, in the corridor of the route of `settle`."""
    handlings = (
        Handling(Tlp.AMBER_STRICT, Classification.UNCLASSIFIED),
        Handling(Tlp.RED, Classification.UNCLASSIFIED),
        Handling(Tlp.CLEAR, Classification.CONFIDENTIAL),
        Handling(Tlp.CLEAR, Classification.STRICTLY_CONFIDENTIAL),
        Handling(Tlp.CLEAR, Classification.UNCLASSIFIED, ("Halo",)),
    )
    return [
        Planted(handling, f"secret-{uuid4().hex}", _place(number), f"contact-{uuid4().hex}")
        for number, handling in enumerate(handlings)
    ]


def _place(number: int) -> tuple[float, float]:
    return round(-3.98711 - number / 1000, 5), round(17.04127 + number / 10_000, 5)


def plant(mission: Mission, planted: Planted) -> None:
    """Put it on record, and wait until every service tells of it to those who may read it."""
    word, ids = planted.word, mission.ids | planted.ids
    ids["letter_id"] = mission.platform.run(_letter(mission, planted))
    with mission.client() as client:
        ids["incident_id"] = made(client.post("/v1/incidents", json=_report(planted)))["incident_id"]
        address = f"/v1/incidents/{ids['incident_id']}"
        ids["attachment_id"] = attached(client, ids["incident_id"], word)
        done = claim(word) | {"extent": word, "reference": word, "reason": word}
        made(client.post(f"{address}/clearance", json=done, headers={"If-Match": '"1"'}))
        graded = made(client.patch(address, params={"reason": word}, json={"priority": "minor"}, headers=_seen(2)))
        assert graded["revision"] == 3
        about = {"incident_id": ids["incident_id"], "subscription_id": ids["subscription_id"]}
        find = partial(client.get, "/v1/alerts", params=about)
        ids["alert_id"] = await_that(lambda: find().json()["items"], "an alert is raised")[-1]["alert_id"]
        deliveries = f"/v1/subscriptions/{ids['subscription_id']}/deliveries"
        sent = await_that(lambda: made(client.get(deliveries))["items"], "it is sent")
        ids["delivery_id"] = next(one["delivery_id"] for one in sent if one["alert_id"] == ids["alert_id"])
        explanation = f"/v1/routes/{ids['route_id']}/risk/explanation"
        await_that(lambda: ids["incident_id"] in client.get(explanation).text, "the route is re-rated")
        ids["briefing_id"] = made(client.get(f"/v1/routes/{ids['route_id']}/briefing"))["briefing_id"]
        ids["proposal_id"] = _proposed(client, planted)
        ids["held_id"] = withheld(client, _report(planted, narrative=instructions(word), external_refs=[]))
        ids["digest_id"] = _digest(client, planted, ids["subscription_id"])
    planted.ids = ids


def key_of(mission: Mission, role: Role, ceiling: Ceiling | None = None) -> str:
    """The token of a new key."""
    keys = mission.platform.process.keys
    return mission.platform.run(keys.create(mission.name, role, "a reader", ceiling=ceiling)).token


@contextmanager
def reading(mission: Mission, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=mission.platform.url, headers=headers, timeout=30) as client:
        yield client


def _report(planted: Planted, **changes: Any) -> dict[str, Any]:
    """Every text of it holds the secret, and its point is one that nothing else has."""
    word = planted.word
    lines = {"line_2_reporting_unit_and_location": word, "line_3_contact_method": planted.contact}
    location = {
        "point": {"type": "Point", "coordinates": list(planted.point)},
        "precision": "gps",
        "place_name": word,
        "admin2": word,
    }
    return (
        report(
            word,
            sharing=planted.sharing,
            location=location,
            narrative=word,
            external_refs=[{"system": f"source {uuid4().hex}", "id": word, "url": f"https://example.org/{word}"}],
            report={"organisation": word, "role": word, "contact_ref": planted.contact, "nine_line": lines},
        )
        | changes
    )


def _seen(revision: int) -> Mapping[str, str]:
    return {"If-Match": f'"{revision}"'}


def _proposed(client: httpx.Client, planted: Planted) -> str:
    """A proposal to retract another incident with the same marks, which names it by the secret."""
    system = f"source {uuid4().hex}"
    gone = _report(planted, external_refs=[{"system": system, "id": planted.word}], hazard_state="none")
    gone["time"] = {"occurred_at": "2020-01-01T00:00:00Z"}
    made(client.post("/v1/incident-imports", json=[gone]))
    edition = {"system": system, "edition": "newer", "ids": ["another"]}
    assert made(client.post("/v1/proposals", json=edition))["proposed"] == 1
    found = made(client.get("/v1/proposals"))["items"]
    return str(next(one["proposal_id"] for one in found if one["system"] == system))


def _digest(client: httpx.Client, planted: Planted, known: str) -> str:
    """The digest of a new subscription, to where more of these stand than are told one by one."""
    longitude, latitude = planted.point[0] * 10, planted.point[1]
    place = {"type": "Point", "coordinates": [longitude, latitude]}
    location = {"point": place, "precision": "gps", "place_name": planted.word}
    bodies = [_report(planted, location=location, external_refs=[]) for _ in range(11)]
    for incident_id in [made(client.post("/v1/incidents", json=body))["incident_id"] for body in bodies]:
        await_that(partial(_is_known, client, known, incident_id), "the incident is known to alerts")
    # Whoever lists subscriptions reads their areas: this one contains the place and does not name it.
    center = {"type": "Point", "coordinates": [round(longitude + 0.001, 5), round(latitude + 0.001, 5)]}
    area = {"area": {"type": "circle", "center": center, "radius_m": 300}}
    wanted = made(client.post("/v1/subscriptions", json=subscription("reader", filter=area)))["subscription_id"]
    deliveries = f"/v1/subscriptions/{wanted}/deliveries"
    [delivery] = await_that(lambda: made(client.get(deliveries))["items"], "a digest is sent")
    return str(delivery["digest_id"])


def _is_known(client: httpx.Client, subscription_id: str, incident_id: str) -> bool:
    query = {"incident_id": incident_id}
    return client.get(f"/v1/subscriptions/{subscription_id}/explain", params=query).is_success


async def _letter(mission: Mission, planted: Planted) -> str:
    """A dead letter that tells of such an incident, the same in every service that takes events."""
    headers = (("ce_mission", mission.name.encode()), ("ce_type", b"incident.reported"))
    incident = {"narrative": planted.word, "sharing": planted.sharing, "location": {"place_name": planted.word}}
    value = json.dumps({"mission": mission.name, "incident": incident}).encode()
    record = Record("incidents.v1", 0, new_id().int % 1_000_000, datetime.now(UTC), b"key", value, headers)
    for member in mission.platform.stored:
        async with member.platform.database.of_every_mission("a test").write() as transaction:
            error = ValueError(planted.word)
            letter = await member.platform.dead_letters.add(transaction, "a test", record, error, 5)
    return str(letter)
