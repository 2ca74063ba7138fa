"""What the tests of the answers ask with: two missions, each role of them, and a receiver of webhooks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_testing.receiver import Receiver

from .mission import Mission, found_mission, made, report, route, subscription

USED_KEY: Final = "used"
JSON: Final = "application/json"


@dataclass(frozen=True)
class Scene:
    """`ours` and `theirs` have something of every kind on record; `receiver` is the address of a webhook."""

    ours: Mission
    theirs: Mission
    receiver: str
    _client: httpx.Client

    def ask(
        self, asked: Mapping[str, Any], *, role: Role | None = Role.ADMIN, mission: Mission | None = None
    ) -> httpx.Response:
        """The answer to a request; of a stream that was opened, the head alone. Without a role no key is sent."""
        token = None if role is None else (mission or self.ours).tokens[role]
        headers = ({} if token is None else {"Authorization": f"Bearer {token}"}) | asked.get("headers", {})
        with self._client.stream(**{**asked, "headers": headers}) as answer:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return answer
            answer.read()
        return answer

    def mission(self) -> Mission:
        """A mission of which nothing is on record."""
        return found_mission(self.ours.platform, f"mission-{new_id()}")


@contextmanager
def scene(ours: Mission, theirs: Mission) -> Iterator[Scene]:
    """In each service one of our writes has used USED_KEY."""
    receiver = Receiver()
    platform = ours.platform
    platform.run(receiver.__aenter__())
    try:
        with httpx.Client(base_url=platform.url, timeout=30) as client:
            whole = Scene(ours, theirs, receiver.url, client)
            for method, path, body in (
                ("POST", "/v1/incidents", report(ours.mark)),
                ("POST", "/v1/subscriptions", subscription(ours.mark)),
                ("PUT", f"/v1/routes/{new_id()}", route(ours.mark)),
            ):
                asked = {"method": method, "url": path, "json": body}
                made(whole.ask(but(asked, headers={"Idempotency-Key": USED_KEY})))
            yield whole
    finally:
        platform.run(receiver.__aexit__(None, None, None))


def but(
    asked: Mapping[str, Any],
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    without: str | None = None,
    json: object = None,
    content: bytes | None = None,
) -> dict[str, Any]:
    """The request with other parameters, headers or body, or without a header."""
    kept = {name: value for name, value in asked.get("headers", {}).items() if name != without}
    changed = {
        **asked,
        "params": {**asked.get("params", {}), **(params or {})},
        "headers": {**kept, **(headers or {})},
    }
    bodies = {"json": json, "content": content}
    return changed | {name: body for name, body in bodies.items() if body is not None}


def sending(asked: Mapping[str, Any], content: bytes, kind: str = JSON) -> dict[str, Any]:
    """The request with these bytes as its body."""
    rest = {name: value for name, value in but(asked, headers={"Content-Type": kind}).items() if name != "json"}
    return rest | {"content": content}
