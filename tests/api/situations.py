"""States in which a domain refuses what is asked of it, for each class of refusal that a route names.

A situation is tried at every operation that it concerns, so a refusal that comes where no route names it is seen too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from unittest.mock import AsyncMock, patch

import httpx

from clearway_alerts.channels.base import NoSecret
from clearway_alerts.domain.errors import (
    AnotherChannel,
    NoMessages,
    NoSuchSubscription,
    NotActive,
    NotPending,
    NotTheOwner,
    OwnerEnded,
    ReadsMore,
    StillPending,
)
from clearway_analytics.domain.errors import (
    AlreadyDecided,
    AlreadyInUse,
    AreaIsReleased,
    CheckWithdrawn,
    ComparisonOutdated,
    NeverCompared,
    NotCompared,
    ProposalOpen,
    RouteRedrawn,
)
from clearway_incidents.api.errors import NotLines
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.errors import (
    IdTaken,
    NoPhotoStore,
    NotAPhoto,
    NotNow,
    PartOfEdition,
    PhotoInfected,
    ProposalDecided,
    PublicNameTaken,
    RuleIsFixed,
    SentAtOnce,
    TextDecided,
    TextReplaced,
)
from clearway_platform.auth.keys import tickets
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.refusals import NotYours, Refusal
from clearway_platform.web.dead_letters import LetterDecided
from clearway_platform.web.possible_problems import sentence
from clearway_platform.web.stream.tickets import TooManyTickets

from .fresh import (
    fresh_area,
    fresh_check,
    fresh_delivery,
    fresh_held_text,
    fresh_incident,
    fresh_letter,
    fresh_retraction,
    fresh_subscription,
)
from .mission import claim, made, public_areas, report, route
from .operations import Operation
from .scene import Scene, but

# A proposal is computed within a second; a request that comes later than that finds it compared.
TRIES: Final = 5


def named(operation: Operation) -> set[type[Refusal]]:
    """The classes that the operation's route names: the document has their sentences."""
    answers = [operation.answer(status) or {} for status in operation.document["responses"]]
    said = " ".join(answer.get("description", "") for answer in answers)
    return {refusal for refusal in refusals(Refusal) if sentence(refusal) in said}


def refusals(base: type[Refusal]) -> Iterator[type[Refusal]]:
    """The classes of Clearway that are such a refusal."""
    for refusal in base.__subclasses__():
        if refusal.__module__.startswith("clearway_"):
            yield refusal
        yield from refusals(refusal)


def as_it_is(operation: Operation, scene: Scene) -> httpx.Response:
    """Our message waits to be sent, and our proposal for its decision."""
    return scene.ask(operation.request(scene.ours.ids))


def of_a_retracted_incident(operation: Operation, scene: Scene) -> httpx.Response:
    ids = scene.ours.ids | {"incident_id": scene.ours.ids["retracted"]}
    return scene.ask(but(operation.request(ids), headers={"If-Match": '"2"'}))


def under_an_id_that_is_taken(operation: Operation, scene: Scene) -> httpx.Response:
    body = report("other", incident_id=scene.ours.ids["incident_id"], external_refs=[{"system": "a", "id": "taken"}])
    return scene.ask(but(operation.request(scene.ours.ids), json=body))


def declared_as_json(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(but(operation.request(scene.ours.ids), headers={"Content-Type": "application/json"}))


def while_another_request_sends_the_same(operation: Operation, scene: Scene) -> httpx.Response:
    """Each time that it looks, the ids are free; each time that it writes, they are taken."""
    with patch.object(Revisions, "create", AsyncMock(return_value=None)):
        return scene.ask(operation.request(scene.ours.ids))


def as_a_text_under_an_id_that_is_taken(operation: Operation, scene: Scene) -> httpx.Response:
    body = {"text": "LINE 2: 30Q VD 12345 67890", "record": True, "incident_id": scene.ours.ids["incident_id"]}
    return scene.ask(but(operation.request(scene.ours.ids), json=body))


def with_another_file(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(but(operation.request(scene.ours.ids), content=b"GIF89a"))


def into_itself(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(but(operation.request(scene.ours.ids), json={"survivor_id": scene.ours.ids["incident_id"]}))


def by_its_reporter(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_incident(scene, ("review", "grade"), reporter=Role.ADMIN)
    return scene.ask(but(operation.request(ids), headers={"If-Match": etag}))


def by_its_claimant(operation: Operation, scene: Scene) -> httpx.Response:
    ids, _ = fresh_incident(scene)
    claimed = {"method": "POST", "url": f"/v1/incidents/{ids['incident_id']}/clearance", "json": claim("claimant")}
    made(scene.ask(but(claimed, headers={"If-Match": '"1"'})))
    return scene.ask(but(operation.request(ids), headers={"If-Match": '"2"'}))


def by_another_reporter(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_incident(scene, ("clearance",))
    return scene.ask(but(operation.request(ids), headers={"If-Match": etag}), role=Role.OPERATOR)


def by_another_subscriber(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(operation.request(scene.ours.ids), role=Role.SUBSCRIBER)


def of_a_paused_subscription(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_subscription(scene)
    paused = {"method": "POST", "url": f"/v1/subscriptions/{ids['subscription_id']}/pause"}
    made(scene.ask(but(paused, headers={"If-Match": etag})))
    return scene.ask(operation.request(ids))


def of_a_subscription_whose_key_was_revoked(operation: Operation, scene: Scene) -> httpx.Response:
    platform = scene.ours.platform
    keys = platform.process.keys
    issued = platform.run(keys.create(scene.ours.name, Role.SUBSCRIBER, "lost"))
    ids, etag = fresh_subscription(scene, of=issued.token)
    platform.run(keys.revoke(issued.principal.id))
    platform.run(keys.endings.look())
    # It is suspended within half a second, which makes a revision.
    asked = operation.request(ids)
    answer = scene.ask(but(asked, headers={"If-Match": etag}))
    return answer if answer.status_code != 412 else scene.ask(but(asked, headers={"If-Match": answer.headers["etag"]}))


def to_a_key_that_reads_more(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_subscription(scene, of=scene.ours.tokens[Role.SUBSCRIBER])
    asked = operation.request(ids) | {"json": {"key_id": scene.ours.key_ids[Role.ADMIN]}}
    return scene.ask(but(asked, headers={"If-Match": etag}), role=Role.SUBSCRIBER)


def of_a_subscription_to_the_stream(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_subscription(scene, channel={"type": "stream"})
    return scene.ask(but(operation.request(ids), headers={"If-Match": etag}))


def with_another_channel(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_subscription(scene)
    asked = but(operation.request(ids), headers={"If-Match": etag}, json={"channel": {"type": "stream"}})
    return scene.ask(asked)


def of_a_delivered_message(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(operation.request(fresh_delivery(scene)))


def of_an_unknown_subscription(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(but(operation.request(scene.ours.ids), params={"subscription_id": str(new_id())}))


def with_what_is_in_use(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(but(operation.request(scene.ours.ids), json={"reason": "none"}))


def while_it_is_computed(operation: Operation, scene: Scene) -> httpx.Response:
    for _ in range(TRIES):
        mission = scene.mission()
        proposal = {"method": "POST", "url": "/v1/risk-parameters", "json": {"preset": "dense", "reason": "none"}}
        proposed = made(scene.ask(proposal, mission=mission))
        answer = scene.ask(operation.request({"parameters_id": proposed["parameters_id"]}), mission=mission)
        if answer.status_code == NotCompared().status:
            break
    return answer


def of_the_first_parameters(operation: Operation, scene: Scene) -> httpx.Response:
    mission = scene.mission()
    listed = made(scene.ask({"method": "GET", "url": "/v1/risk-parameters"}, mission=mission))
    [first] = listed["items"]
    return scene.ask(operation.request({"parameters_id": first["parameters_id"]}), mission=mission)


def of_a_withdrawn_check(operation: Operation, scene: Scene) -> httpx.Response:
    kind = "pass_id" if "pass_id" in operation.path else "clearance_id"
    ids, etag = fresh_check(scene, kind)
    address = operation.address(ids).partition(ids[kind])[0] + ids[kind]
    withdrawal = {"method": "POST", "url": f"{address}/withdraw", "json": {"reason": "none"}}
    after = scene.ask(but(withdrawal, headers={"If-Match": etag}))
    return scene.ask(but(operation.request(ids), headers={"If-Match": after.headers["etag"]}))


def of_a_released_area(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_area(scene)
    release = {"method": "POST", "url": f"/v1/areas/{ids['area_id']}/release", "json": {"reason": "none"}}
    after = scene.ask(but(release, headers={"If-Match": etag}))
    return scene.ask(but(operation.request(ids), headers={"If-Match": after.headers["etag"]}))


def of_a_redrawn_route(operation: Operation, scene: Scene) -> httpx.Response:
    ids, etag = fresh_check(scene, "pass_id" if "pass_id" in operation.path else "clearance_id")
    line = {"type": "LineString", "coordinates": [[-4.1, 17.05], [-3.9, 17.05]]}
    redrawn = {"method": "PUT", "url": f"/v1/routes/{ids['route_id']}", "json": route("fresh", line=line)}
    made(scene.ask(but(redrawn, headers={"If-Match": '"1"'})))
    return scene.ask(but(operation.request(ids), headers={"If-Match": etag}))


def of_a_discarded_letter(operation: Operation, scene: Scene) -> httpx.Response:
    mission = fresh_letter(scene)
    collection = operation.path.partition("/{")[0]
    discard = {"method": "POST", "url": f"{collection}/{mission.ids['letter_id']}/discard", "json": {"reason": "none"}}
    made(scene.ask(discard, mission=mission))
    return scene.ask(operation.request(mission.ids), mission=mission)


def of_a_dismissed_proposal(operation: Operation, scene: Scene) -> httpx.Response:
    ids = fresh_retraction(scene)
    address = f"/v1/proposals/{ids['proposal_id']}"
    asked = {"method": "POST", "url": f"{address}/dismiss", "json": {"reason": "none given"}}
    made(scene.ask(but(asked, headers={"If-Match": '"1"'})))
    return scene.ask(but(operation.request(ids), headers={"If-Match": '"2"'}))


def of_a_proposal_whose_incident_is_retracted(operation: Operation, scene: Scene) -> httpx.Response:
    ids = fresh_retraction(scene)
    found = made(scene.ask({"method": "GET", "url": f"/v1/proposals/{ids['proposal_id']}"}))
    asked = {"method": "POST", "url": f"/v1/incidents/{found['incident_id']}/retract", "json": {"reason": "privacy"}}
    made(scene.ask(but(asked, headers={"If-Match": '"1"'})))
    return scene.ask(operation.request(ids))


def of_a_part_of_an_edition(operation: Operation, scene: Scene) -> httpx.Response:
    refs = [{"system": "in part", "id": str(number)} for number in range(12)]
    items = [report(scene.ours.mark, external_refs=[ref]) for ref in refs]
    made(scene.ask({"method": "POST", "url": "/v1/incident-imports", "json": items}))
    part = {"system": "in part", "edition": "a part", "ids": ["0"]}
    return scene.ask(but(operation.request(scene.ours.ids), json=part))


def of_a_removed_text(operation: Operation, scene: Scene) -> httpx.Response:
    ids = fresh_held_text(scene)
    asked = {"method": "POST", "url": f"/v1/held-texts/{ids['held_id']}/remove", "json": {"reason": "none given"}}
    made(scene.ask(but(asked, headers={"If-Match": '"1"'})))
    return scene.ask(but(operation.request(ids), headers={"If-Match": '"2"'}))


def of_a_text_that_was_replaced(operation: Operation, scene: Scene) -> httpx.Response:
    ids = fresh_held_text(scene)
    asked = {"method": "PATCH", "url": f"/v1/incidents/{ids['incident_id']}", "json": {"narrative": "Another one."}}
    made(scene.ask(but(asked, headers={"If-Match": '"1"'})))
    return scene.ask(operation.request(ids))


def of_a_text_of_a_retracted_incident(operation: Operation, scene: Scene) -> httpx.Response:
    ids = fresh_held_text(scene)
    asked = {"method": "POST", "url": f"/v1/incidents/{ids['incident_id']}/retract", "json": {"reason": "privacy"}}
    made(scene.ask(but(asked, headers={"If-Match": '"1"'})))
    return scene.ask(operation.request(ids))


def by_another_rule(operation: Operation, scene: Scene) -> httpx.Response:
    return scene.ask(but(operation.request(scene.ours.ids), json=public_areas("body", fewest=4)))


def under_a_name_that_another_mission_has(operation: Operation, scene: Scene) -> httpx.Response:
    body = public_areas("body", public_name=scene.theirs.ids["public_name"])
    return scene.ask(but(operation.request(scene.ours.ids), json=body))


def with_as_many_as_may_wait(operation: Operation, scene: Scene) -> httpx.Response:
    with patch.object(tickets, "MOST_TICKETS", 0):
        return scene.ask(operation.request(scene.ours.ids))


@dataclass(frozen=True)
class Situation:
    """How a refusal comes, and `where`: at one operation, or at every one whose address has that part."""

    refusal: type[Refusal]
    where: str
    ask: Callable[[Operation, Scene], httpx.Response]

    def concerns(self, operation: Operation) -> bool:
        return self.where == operation.name or self.where in operation.path

    def gave(self, answer: httpx.Response) -> bool:
        """Whether the answer is this refusal: by its text, where that is always the same."""
        problem = answer.json() if answer.is_error else {}
        return problem.get("code") == self.refusal.code and self.refusal.detail in ("", problem["detail"])


SITUATIONS: Final = (
    Situation(NotNow, "{incident_id}", of_a_retracted_incident),
    Situation(NotNow, "incidents.merge", into_itself),
    Situation(NotNow, "incidents.report", under_an_id_that_is_taken),
    Situation(NotLines, "incidents.report_bulk", declared_as_json),
    Situation(SentAtOnce, "incidents.report_bulk", while_another_request_sends_the_same),
    Situation(SentAtOnce, "incidents.import_many", while_another_request_sends_the_same),
    Situation(NotNow, "incidents.report_nine_line", as_a_text_under_an_id_that_is_taken),
    Situation(IdTaken, "incidents.report", under_an_id_that_is_taken),
    Situation(IdTaken, "incidents.report_nine_line", as_a_text_under_an_id_that_is_taken),
    Situation(NotAPhoto, "incidents.attach", with_another_file),
    Situation(NotYours, "{incident_id}", by_its_reporter),
    Situation(NotYours, "incidents.confirm_clearance", by_its_claimant),
    Situation(NotYours, "incidents.dismiss_clearance", by_another_reporter),
    Situation(NotTheOwner, "{subscription_id}", by_another_subscriber),
    Situation(NotTheOwner, "{alert_id}", by_another_subscriber),
    Situation(NotActive, "{subscription_id}", of_a_paused_subscription),
    Situation(OwnerEnded, "subscriptions.resume", of_a_subscription_whose_key_was_revoked),
    Situation(ReadsMore, "subscriptions.transfer", to_a_key_that_reads_more),
    Situation(NoSecret, "{subscription_id}", of_a_subscription_to_the_stream),
    Situation(NoMessages, "{subscription_id}", of_a_subscription_to_the_stream),
    Situation(AnotherChannel, "subscriptions.change", with_another_channel),
    Situation(NoSuchSubscription, "alerts.stream", of_an_unknown_subscription),
    Situation(StillPending, "{delivery_id}", as_it_is),
    Situation(NotPending, "{delivery_id}", of_a_delivered_message),
    Situation(ProposalOpen, "risk_parameters.propose", as_it_is),
    Situation(AlreadyInUse, "risk_parameters.propose", with_what_is_in_use),
    Situation(NotCompared, "{parameters_id}", while_it_is_computed),
    Situation(NeverCompared, "{parameters_id}", of_the_first_parameters),
    Situation(AlreadyDecided, "{parameters_id}", of_the_first_parameters),
    Situation(CheckWithdrawn, "{clearance_id}", of_a_withdrawn_check),
    Situation(CheckWithdrawn, "{pass_id}", of_a_withdrawn_check),
    Situation(RouteRedrawn, "clearances.correct", of_a_redrawn_route),
    Situation(RouteRedrawn, "passes.correct", of_a_redrawn_route),
    Situation(AreaIsReleased, "{area_id}", of_a_released_area),
    Situation(PartOfEdition, "proposals.compare", of_a_part_of_an_edition),
    Situation(ProposalDecided, "{proposal_id}", of_a_dismissed_proposal),
    Situation(NotNow, "proposals.accept", of_a_proposal_whose_incident_is_retracted),
    Situation(TextDecided, "{held_id}", of_a_removed_text),
    Situation(TextReplaced, "held_texts.release", of_a_text_that_was_replaced),
    Situation(NotNow, "held_texts.release", of_a_text_of_a_retracted_incident),
    Situation(NotYours, "held_texts.release", as_it_is),
    Situation(LetterDecided, "{letter_id}", of_a_discarded_letter),
    Situation(RuleIsFixed, "public_areas.put", by_another_rule),
    Situation(PublicNameTaken, "public_areas.put", under_a_name_that_another_mission_has),
    Situation(TooManyTickets, "stream_tickets.create", with_as_many_as_may_wait),
)
NOT_HERE: Final[Mapping[type[Refusal], str]] = {
    NoPhotoStore: "This platform keeps photos: tests/integration/incidents/test_attachments.py.",
    PhotoInfected: "This platform has no scanner: tests/integration/incidents/test_attachments_elsewhere.py.",
    ComparisonOutdated: "More than 200 incidents must change between a comparison and its activation: "
    "tests/integration/analytics/test_parameters.py.",
}
