"""Every operation of the installed services, from their OpenAPI documents, and how a test asks for it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Permission
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.log import open_broker
from clearway_platform.process.runtime import Member, build_member
from clearway_platform.service import installed_services
from clearway_platform.settings import Settings
from clearway_platform.web.access import PublicRoute
from clearway_platform.web.possible_problems import CODES, permissions_asked
from clearway_testing.photos import photo

from .mission import area, claim, clearance, public_areas, report, route, route_pass, source, subscription

# What stands in a path or a query, by its name; `Mission.ids` and a random id fill the same names.
OBJECTS = frozenset(
    {
        "incident_id",
        "subscription_id",
        "alert_id",
        "source_id",
        "digest_id",
        "route_id",
        "clearance_id",
        "pass_id",
        "briefing_id",
        "area_id",
        "delivery_id",
        "letter_id",
        "parameters_id",
        "proposal_id",
        "held_id",
        "attachment_id",
    }
)
PARTS = {"revision": "1", "feed": "all_day", "zoom": "0", "column": "0", "row": "0", "public_name": "nobody"}
# What an address has to be asked for, where it names no object.
QUERIES = {"bbox": "-180,-90,180,90", "zoom": "6"}

JSON = "application/json"


def line_of(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body).encode() + b"\n"


# A valid body, by the name of its schema or, where the document names none, by its operation.
BODIES: Mapping[str, Any] = {
    "NewReport": report("body"),
    "NineLineText": {"text": "LINE 2: 30Q VD 12345 67890 LINE 4: IED found", "record": True},
    "RouteBody": route("body"),
    "AreaBody": area("body"),
    "AreaCorrection": area("body", status="confirmed", reason="a reason"),
    "AreaRelease": {"reason": "a reason"},
    "RouteClearanceBody": clearance("body"),
    "RouteClearanceCorrection": clearance("body", to_km=2.0, reason="a reason"),
    "RoutePassBody": route_pass("body"),
    "RoutePassCorrection": route_pass("body", to_km=2.0, reason="a reason"),
    "CheckWithdrawal": {"reason": "a reason"},
    "ParametersProposal": {"preset": "dense", "reason": "body"},
    "ParametersDiscard": {"reason": "body"},
    "SubscriptionBody": subscription("body"),
    "SubscriptionPatch": {"name": "body"},
    "Transfer": {"key_id": "0123456789abcdef"},
    "PreviewBody": {"filter": subscription("body")["filter"]},
    "SourceBody": source("body"),
    "SourcePatch": {"name": "body"},
    "ReportForm": {"organisation": "body"},
    "GradingForm": {"info_credibility": "2"},
    "HazardBody": {"hazard_state": "marked"},
    "ClearanceBody": claim("body"),
    "ConfirmationBody": {},
    "NoteBody": {},
    "EditionBody": {"system": "body", "edition": "body.csv", "ids": ["1"]},
    "CloseBody": {"override_reason": "a reason"},
    "DiscardBody": {"reason": "a reason"},
    "ReasonBody": {"reason": "a reason"},
    "TextReleaseBody": {"reason": "a reason"},
    "PublicAreasBody": public_areas("body", public_name="of-a-body"),
    "RetractBody": {"reason": "privacy"},
    "MergeBody": {"survivor_id": "01890000-0000-7000-8000-000000000001"},
    "PATCH /v1/incidents/{incident_id}": {"outcome": "unknown"},
    "POST /v1/incidents:bulk": line_of(report("body", incident_id="01890000-0000-7000-8000-00000000b01c")),
    "POST /v1/incidents/{incident_id}/attachments": photo(),
    "POST /v1/incident-imports": [report("body", external_refs=[{"system": "body", "id": "1"}])],
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    document: Mapping[str, Any]
    components: Mapping[str, Any]
    permissions: frozenset[Permission]
    is_public: bool = False
    """Whether it asks for no key."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def name(self) -> str:
        name: str = self.document["operationId"]
        return name

    @property
    def codes(self) -> set[tuple[int, str]]:
        """The problems that the document says can come: status and code."""
        return {(int(status), code) for status, codes in self.document[CODES].items() for code in codes}

    def answer(self, status: int | str) -> Mapping[str, Any] | None:
        """What the document says of the answers of this status; None when it says nothing."""
        said = self.document["responses"].get(str(status))
        return None if said is None else self.resolved(said)

    def resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """A part of the document, which may stand among its components."""
        reference = part.get("$ref")
        if reference is None:
            return part
        kind, name = reference.removeprefix("#/components/").split("/")
        found: Mapping[str, Any] = self.components[kind][name]
        return found

    @property
    def reads_json(self) -> bool:
        """Whether its body is one JSON text."""
        return JSON in self.document.get("requestBody", {}).get("content", {})

    @property
    def takes_bytes(self) -> bool:
        """Whether its body is a file or lines, and no JSON."""
        return "requestBody" in self.document and not self.reads_json

    @property
    def gives_bytes(self) -> bool:
        """Whether it answers a file."""
        content = self.document["responses"].get("200", {}).get("content", {})
        return any(form["schema"].get("format") == "binary" for form in content.values())

    @property
    def streams(self) -> bool:
        return "text/event-stream" in self.document["responses"].get("200", {}).get("content", {})

    @property
    def of_the_moment(self) -> bool:
        """Whether it says what is so at the moment at which it is asked for: a risk, a briefing, a status."""
        return any(part in self.path for part in ("/risk", "/verified-stretches", "_id}/briefing", "-status"))

    @property
    def lists(self) -> bool:
        return self.method == "GET" and not self.streams and not self.parameters("path")

    def parameters(self, place: str, *, required: bool = False) -> list[str]:
        found = [item for item in self.document.get("parameters", []) if item["in"] == place]
        return [item["name"] for item in found if item["required"] or not required]

    def fields(self) -> set[str]:
        """The fields of its body, as JSON Pointers."""
        if self.takes_bytes:
            return set()
        schema = self.document["requestBody"]["content"][JSON]["schema"]
        return {f"/{name}" for name in self.resolved(schema).get("properties", {})}

    def references(self) -> list[str]:
        """The query parameters that name an object: those that take a UUID."""
        return [
            item["name"]
            for item in self.document.get("parameters", [])
            if item["in"] == "query" and "'uuid'" in repr(item["schema"])
        ]

    def request(self, ids: Mapping[str, str]) -> dict[str, Any]:
        """A valid request about the objects of `ids`, as arguments of httpx. Fails where the test lacks knowledge."""
        asked: dict[str, Any] = {"method": self.method, "url": self.address(ids)}
        asked["params"] = {name: self._reference(name, ids) for name in self.parameters("query", required=True)}
        if "If-Match" in self.parameters("header"):
            asked["headers"] = {"If-Match": '"1"'}
        if "requestBody" in self.document:
            asked |= self._sent()
        return asked

    def _sent(self) -> dict[str, Any]:
        """The body, and its type where it is not JSON."""
        if self.reads_json:
            return {"json": self._body()}
        kind = next(iter(self.document["requestBody"]["content"]))
        return {"content": BODIES[str(self)], "headers": {"Content-Type": kind}}

    def address(self, ids: Mapping[str, str]) -> str:
        return self.path.format_map({name: self._part(name, ids) for name in self.parameters("path")})

    def _part(self, name: str, ids: Mapping[str, str]) -> str:
        if name not in OBJECTS and name not in PARTS:
            pytest.fail(f"{self}: say how to fill {{{name}}}: add it to OBJECTS, and make one in `settle`, or to PARTS")
        return ids[name] if name in OBJECTS else ids.get(name, PARTS[name])

    def _reference(self, name: str, ids: Mapping[str, str]) -> str:
        if name not in OBJECTS and name not in QUERIES:
            pytest.fail(f"{self}: its query parameter {name!r} names no kind of object: add it to OBJECTS or QUERIES")
        return ids[name] if name in OBJECTS else QUERIES[name]

    def referring(self, ids: Mapping[str, str]) -> dict[str, str]:
        return {name: self._reference(name, ids) for name in self.references()}

    def _body(self) -> object:
        content = self.document["requestBody"]["content"]
        reference = content[JSON]["schema"].get("$ref", "").rpartition("/")[2]
        name = reference or str(self)
        if name not in BODIES:
            pytest.fail(f"{self}: give a valid body: add {name!r} to BODIES")
        return BODIES[name]


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(operation for member in members() for operation in _operations_of(member))


def members() -> list[Member]:
    """The services, built on nothing: no file, no connection."""
    settings, clock = Settings(), SystemClock()
    broker = open_broker("kafka://127.0.0.1:9", settings.data_dir)
    keys = SqlKeyDirectory(Database(settings.database_url("keys")), clock)
    return [build_member(service, settings, clock, keys, broker) for service in installed_services().values()]


def _operations_of(member: Member) -> Iterator[Operation]:
    app = member.parts.app
    whole = app.openapi()
    routes = {
        (method, route.path): route for route in iter_route_contexts(app.routes) for method in route.methods or ()
    }
    for path, methods in whole["paths"].items():
        for method, document in methods.items():
            # What a route asks of its caller stands in its dependencies: the document does not say it.
            route = routes[method.upper(), path]
            is_public = isinstance(route.original_route, PublicRoute)
            yield Operation(
                method.upper(), path, document, whole["components"], permissions_asked(route), is_public=is_public
            )


def in_every_format(client: httpx.Client, operation: Operation, ids: Mapping[str, str]) -> Iterator[httpx.Response]:
    """All that a read answers about the objects of `ids`, in each of its formats."""
    asked = operation.request(ids)
    if operation.lists and "limit" in operation.parameters("query"):
        asked["params"] = {**asked.get("params", {}), "limit": "500"}
    if "with_incident" in operation.parameters("query"):
        asked["params"] = {**asked.get("params", {}), "with_incident": "true"}
    for media_type in operation.document["responses"].get("200", {}).get("content", {"application/json": {}}):
        headers = {**asked.get("headers", {}), "Accept": media_type}
        yield client.request(**{**asked, "headers": headers})
