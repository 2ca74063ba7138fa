"""A request that every operation grants, about an object that it may change."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id

from .fresh import (
    fresh_area,
    fresh_check,
    fresh_delivery,
    fresh_held_text,
    fresh_incident,
    fresh_letter,
    fresh_proposal,
    fresh_retraction,
    fresh_route,
    fresh_source,
    fresh_subscription,
)
from .mission import public_areas
from .operations import Operation
from .scene import Scene, but

# What leads to the state from which an incident's command is allowed.
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "incidents.verify": ("review", "grade"),
    "incidents.dispute": ("review",),
    "incidents.close": ("review", "grade", "verify"),
    "incidents.reopen": ("review", "grade", "verify", "close"),
    "incidents.unmerge": ("merge",),
    "incidents.confirm_clearance": ("clearance",),
    "incidents.dismiss_clearance": ("clearance",),
}


def succeed(operation: Operation, scene: Scene) -> list[httpx.Response]:
    """The answer, and the one to the same request again, under its Idempotency-Key or with the ETag that came."""
    asked, mission = prepared(operation, scene)
    headers = operation.parameters("header")
    if "Idempotency-Key" in headers:
        asked = but(asked, headers={"Idempotency-Key": str(new_id())})
    first = scene.ask(asked, mission=mission)
    if "If-None-Match" in headers:
        asked = but(asked, headers={"If-None-Match": first.headers["etag"]})
    return [first] if operation.streams else [first, scene.ask(asked, mission=mission)]


def prepared(operation: Operation, scene: Scene) -> tuple[dict[str, Any], Any]:
    """The request, and the mission that makes it."""
    ours = scene.ours
    if operation.method == "GET":
        return operation.request(ours.ids), ours
    match operation.parameters("path"):
        case ["incident_id"]:
            ids, etag = fresh_incident(scene, STEPS.get(operation.name, ()))
            asked = but(operation.request(ids), headers={"If-Match": etag})
            if operation.name == "incidents.merge":
                asked["json"] = {"survivor_id": fresh_incident(scene)[0]["incident_id"]}
            return asked, ours
        case ["subscription_id"] if operation.name == "subscriptions.transfer":
            given = {"key_id": ours.key_ids[Role.OPERATOR]}
            return operation.request(fresh_subscription(scene)[0]) | {"json": given}, ours
        case ["subscription_id"]:
            return operation.request(fresh_subscription(scene)[0]), ours
        case ["source_id"]:
            return operation.request(fresh_source(scene)), ours
        case ["subscription_id", "delivery_id"] if operation.name == "deliveries.resend":
            return operation.request(fresh_delivery(scene)), ours
        case ["route_id"]:
            return operation.request(fresh_route(scene)[0]), ours
        case ["route_id", ("clearance_id" | "pass_id") as kind]:
            return operation.request(fresh_check(scene, kind)[0]), ours
        case ["area_id"]:
            return operation.request(fresh_area(scene)[0]), ours
        case ["proposal_id"]:
            return operation.request(fresh_retraction(scene)), ours
        case ["held_id"]:
            return operation.request(fresh_held_text(scene)), ours
        case ["letter_id"]:
            mission = fresh_letter(scene)
            return operation.request(mission.ids), mission
        case ["parameters_id"]:
            mission, etag = fresh_proposal(scene)
            return but(operation.request(mission.ids), headers={"If-Match": etag}), mission
        case [] if operation.name == "public_areas.put":
            asked = operation.request({}) | {"json": public_areas("fresh")}
            return but(asked, headers={"If-Match": '"0"'}), scene.mission()
        case [] if operation.name == "risk_parameters.propose":
            return operation.request({}), scene.mission()
    return operation.request(ours.ids), ours
