"""Objects that nothing else uses, in the state that a test needs: their ids, and the ETag of the one to change."""

from collections.abc import Sequence
from typing import Any, Final

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id

from .mission import (
    Mission,
    area,
    await_that,
    claim,
    clearance,
    dead_letter,
    instructions,
    made,
    proposed,
    report,
    route,
    route_pass,
    source,
    subscription,
)
from .scene import Scene, but

Fresh = tuple[dict[str, str], str]

_BODIES: Final[dict[str, dict[str, Any]]] = {
    "review": {},
    "grade": {"info_credibility": "2"},
    "verify": {},
    "close": {"override_reason": "a reason"},
    "clearance": claim("fresh"),
}
# Whoever claims a clearance does not confirm it, and whoever grades alone does not verify.
_BY: Final = {"clearance": Role.REPORTER, "grade": Role.VERIFIER}


def fresh_incident(scene: Scene, steps: Sequence[str] = (), *, reporter: Role = Role.REPORTER) -> Fresh:
    """An incident after these steps of its life, which the administrator takes, but those of `_BY`."""
    answer = scene.ask({"method": "POST", "url": "/v1/incidents", "json": report(scene.ours.mark)}, role=reporter)
    address = answer.headers["location"]
    for step in steps:
        body = {"survivor_id": fresh_incident(scene)[0]["incident_id"]} if step == "merge" else _BODIES[step]
        asked = {"method": "POST", "url": f"{address}/{step}", "json": body}
        by = _BY.get(step, Role.ADMIN)
        answer = scene.ask(but(asked, headers={"If-Match": answer.headers["etag"]}), role=by)
    return scene.ours.ids | {"incident_id": made(answer)["incident_id"]}, answer.headers["etag"]


def fresh_subscription(scene: Scene, of: str | None = None, **changes: Any) -> Fresh:
    """Of the administrator, or of the key with this token."""
    body = subscription(scene.ours.mark, **changes)
    headers = {} if of is None else {"Authorization": f"Bearer {of}"}
    answer = scene.ask({"method": "POST", "url": "/v1/subscriptions", "json": body, "headers": headers})
    return scene.ours.ids | {"subscription_id": made(answer)["subscription_id"]}, answer.headers["etag"]


def fresh_source(scene: Scene) -> dict[str, str]:
    answer = scene.ask({"method": "POST", "url": "/v1/sources", "json": source(scene.ours.mark)})
    return scene.ours.ids | {"source_id": made(answer)["source_id"]}


def fresh_delivery(scene: Scene) -> dict[str, str]:
    """A test message that was delivered."""
    ids, _ = fresh_subscription(scene, channel={"type": "webhook", "url": scene.receiver})
    address = f"/v1/subscriptions/{ids['subscription_id']}"
    sent = made(scene.ask({"method": "POST", "url": f"{address}/test"}))["delivery_id"]
    delivered = {"method": "GET", "url": f"{address}/deliveries", "params": {"state": "delivered"}}

    def is_delivered() -> bool:
        return any(one["delivery_id"] == sent for one in made(scene.ask(delivered))["items"])

    await_that(is_delivered, "the test message is delivered")
    return ids | {"delivery_id": sent}


def fresh_route(scene: Scene) -> Fresh:
    route_id = str(new_id())
    answer = scene.ask({"method": "PUT", "url": f"/v1/routes/{route_id}", "json": route("fresh")})
    return scene.ours.ids | {"route_id": made(answer)["route_id"]}, answer.headers["etag"]


def fresh_check(scene: Scene, kind: str) -> Fresh:
    """A clearance (`clearance_id`) or a pass (`pass_id`) of a route."""
    ids, _ = fresh_route(scene)
    name, body = {"clearance_id": ("clearances", clearance("fresh")), "pass_id": ("passes", route_pass("fresh"))}[kind]
    answer = scene.ask({"method": "POST", "url": f"/v1/routes/{ids['route_id']}/{name}", "json": body})
    return ids | {kind: made(answer)[kind]}, answer.headers["etag"]


def fresh_area(scene: Scene) -> Fresh:
    answer = scene.ask({"method": "POST", "url": "/v1/areas", "json": area("fresh")})
    return scene.ours.ids | {"area_id": made(answer)["area_id"]}, answer.headers["etag"]


def fresh_retraction(scene: Scene) -> dict[str, str]:
    """A proposal to retract an incident, which is open."""
    with scene.ours.client() as client:
        return scene.ours.ids | {"proposal_id": proposed(client, scene.ours.mark)}


def fresh_held_text(scene: Scene) -> dict[str, str]:
    """A text of a reporter that waits for a review, and its incident."""
    body = report(scene.ours.mark, narrative=instructions(str(new_id())))
    reported = {"method": "POST", "url": "/v1/incidents", "json": body}
    incident_id = made(scene.ask(reported, role=Role.REPORTER))["incident_id"]
    found = made(scene.ask({"method": "GET", "url": "/v1/held-texts"}))["items"]
    held_id = next(one["held_id"] for one in found if one["incident_id"] == incident_id)
    return scene.ours.ids | {"incident_id": incident_id, "held_id": held_id}


def fresh_letter(scene: Scene) -> Mission:
    """A mission with a dead letter."""
    mission = scene.mission()
    mission.ids["letter_id"] = mission.platform.run(dead_letter(mission))
    return mission


def fresh_proposal(scene: Scene) -> tuple[Mission, str]:
    """A mission with risk parameters that are proposed and compared, and their ETag."""
    mission = scene.mission()
    proposal = {"method": "POST", "url": "/v1/risk-parameters", "json": {"preset": "dense", "reason": "none"}}
    mission.ids["parameters_id"] = made(scene.ask(proposal, mission=mission))["parameters_id"]
    one = {"method": "GET", "url": f"/v1/risk-parameters/{mission.ids['parameters_id']}"}

    def compared() -> str | None:
        answer = scene.ask(one, mission=mission)
        return answer.headers["etag"] if made(answer)["state"] == "compared" else None

    return mission, await_that(compared, "the proposal is compared") or ""
