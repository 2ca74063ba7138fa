"""The worst that a mission may send: what holds most records, the longest lines, the largest bodies, rare filters."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import aiohttp

from clearway_platform.clock import new_id

POSITIONS: Final = 5_000
# Of every kind that is read later there are so many, each as large as it may be.
KEPT: Final = 5
MOST_BYTES: Final = 1_000_000
# A connection that is answered at once, with a refusal, asks again after this.
PAUSE_SECONDS: Final = 0.001

Addresses = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: to which service, and what."""

    service: str
    method: str
    path: str
    body: bytes | None = None
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


Attack = Callable[[], Sent]


async def send(session: aiohttp.ClientSession, addresses: Addresses, sent: Sent) -> tuple[int, bytes]:
    headers = {"content-type": "application/json", **sent.headers}
    address = addresses[sent.service] + sent.path
    async with session.request(
        sent.method, address, data=sent.body, params=list(sent.query), headers=headers
    ) as answer:
        return answer.status, await answer.read()


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _report(**changes: object) -> dict[str, object]:
    at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    place = {"point": {"type": "Point", "coordinates": [-3.99, 2.04]}, "precision": "gps"}
    facts = {"category": "ied", "outcome": "found_not_cleared", "hazard_state": "active", "narrative": "n" * 4_000}
    return {"time": {"occurred_at": at, "precision": "minute"}, "location": place, **facts, **changes}


def _line(positions: int = POSITIONS) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [[-4 + n * 1e-4, 2 + n % 2 * 1e-4] for n in range(positions)]}


def _circle() -> dict[str, Any]:
    turns = [n / (POSITIONS - 1) * 2 * math.pi for n in range(POSITIONS - 1)]
    ring = [[10 + 5 * math.cos(turn), 10 + 5 * math.sin(turn)] for turn in turns]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _subscription(area: dict[str, Any]) -> bytes:
    return _json({"name": "hostile", "filter": {"area": area}, "channel": {"type": "stream"}})


_POLAR: Final = {
    "point": {"type": "Point", "coordinates": [0, 85]},
    "precision": "country",
    "uncertainty_m": 1_000_000,
}


def _imported() -> bytes:
    """500 reports that are new."""
    names = [{"system": "hostile", "id": str(new_id())} for _ in range(500)]
    return _json([_report(external_refs=[name], narrative="n") for name in names])


async def prepare(session: aiohttp.ClientSession, addresses: Addresses) -> dict[str, list[str]]:
    """What the attacks read later, each as large as it may be: its ids, by kind."""
    found: dict[str, list[str]] = {"subscription": [], "route": [], "incident": []}
    corridor = {"type": "corridor", "line": _line(), "width_m": 500_000}
    for _ in range(KEPT):
        made = await _made(session, addresses, Sent("alerts", "POST", "/v1/subscriptions", _subscription(corridor)))
        found["subscription"].append(made["subscription_id"])
        route = {"name": "hostile", "line": _line(), "half_width_m": 2_000}
        made = await _made(session, addresses, Sent("analytics", "PUT", f"/v1/routes/{new_id()}", _json(route)))
        found["route"].append(made["route_id"])
    for place in ({}, {"location": _POLAR}):
        made = await _made(session, addresses, Sent("incidents", "POST", "/v1/incidents", _json(_report(**place))))
        found["incident"].append(made["incident_id"])
    await _correct_often(session, addresses, found["incident"][0])
    return found


async def _correct_often(session: aiohttp.ClientSession, addresses: Addresses, incident: str) -> None:
    for number in range(60):
        patch = _json({"narrative": f"{number} " + "n" * 3_900})
        headers = {"If-Match": f'"{number + 1}"', "content-type": "application/json"}
        address = f"{addresses['incidents']}/v1/incidents/{incident}"
        async with session.patch(address, data=patch, headers=headers) as answer:
            answer.raise_for_status()


async def _made(session: aiohttp.ClientSession, addresses: Addresses, sent: Sent) -> dict[str, Any]:
    """Raises RuntimeError when it was not made."""
    status, body = await send(session, addresses, sent)
    if status not in (200, 201):
        raise RuntimeError(f"{sent.path} answered {status}: {body[:300]!r}")
    made: dict[str, Any] = json.loads(body)
    return made


def attacks(kept: Mapping[str, Sequence[str]]) -> dict[str, Attack]:
    """By name. Each call gives one request."""
    long_ago = (datetime.now(UTC) - timedelta(days=700)).isoformat()
    full = [("limit", "500")]

    def list_of(path: str, service: str = "incidents", *query: tuple[str, str], accept: str = "*/*") -> Attack:
        return lambda: Sent(service, "GET", path, query=[*full, *query], headers={"Accept": accept})

    def read(service: str, path: str, *query: tuple[str, str]) -> Attack:
        return lambda: Sent(service, "GET", path, query=query)

    def post(service: str, path: str, body: bytes) -> Attack:
        return lambda: Sent(service, "POST", path, body)

    subscription, route, (large, polar) = kept["subscription"][0], kept["route"][0], kept["incident"]
    corridor = {"type": "corridor", "line": _line(), "width_m": 500_000}
    item = {"name": "x" * 10, "unknown": 1}
    return {
        "largest pages": list_of("/v1/incidents"),
        "filter that matches nothing": list_of("/v1/incidents", "incidents", ("category", "ammunition_storage")),
        "box that matches little": list_of("/v1/incidents", "incidents", ("bbox", "3.9,3.9,4,4")),
        "list as of an earlier time": list_of("/v1/incidents", "incidents", ("as_of", long_ago)),
        "map": read("incidents", "/v1/incident-map", ("bbox", "-5,-5,5,5"), ("zoom", "6")),
        "counts": read("incidents", "/v1/incident-counts", ("days", "7"), ("per", "category")),
        "history with every state": list_of(f"/v1/incidents/{large}/revisions", "incidents", ("with_incident", "true")),
        "subscriptions of 5,000 positions": list_of("/v1/subscriptions", "alerts"),
        "explain": read("alerts", f"/v1/subscriptions/{subscription}/explain", ("incident_id", polar)),
        "preview": post("alerts", "/v1/subscription-previews", _json({"filter": {"area": corridor}})),
        "routes of 5,000 positions": list_of("/v1/routes", "analytics"),
        "explanation of a route": list_of(f"/v1/routes/{route}/risk/explanation", "analytics"),
        "corridor of 9,999 positions, refused": post(
            "alerts",
            "/v1/subscriptions",
            _subscription({"type": "corridor", "line": _line(9_999), "width_m": 100}),
        ),
        "polygon of 5,000 positions": post(
            "alerts", "/v1/subscriptions", _subscription({"type": "polygon", "polygon": _circle()})
        ),
        "report at the pole, 1,000 km": post("incidents", "/v1/incidents", _json(_report(location=_POLAR))),
        "import of 500": lambda: Sent("incidents", "POST", "/v1/incident-imports", _imported()),
        "body of 1 MB, refused": post("incidents", "/v1/incidents", _json({"items": [item] * (MOST_BYTES // 34)})),
    }


async def attack(
    session: aiohttp.ClientSession, addresses: Addresses, chosen: Sequence[Attack], connections: int
) -> dict[str, int]:
    """Send without end on so many connections, each the next request when it has its answer, until cancelled. What was
    answered is counted."""
    answered = {"answers": 0, "refused": 0, "failed": 0}

    async def one(number: int) -> None:
        for turn in count(number):
            try:
                status, _ = await send(session, addresses, chosen[turn % len(chosen)]())
            except (aiohttp.ClientError, TimeoutError):
                answered["failed"] += 1
                status = 0
            answered["answers"] += status in (200, 201)
            answered["refused"] += status >= 400
            await asyncio.sleep(PAUSE_SECONDS)

    running: list[Awaitable[None]] = [one(number) for number in range(connections)]
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*running)
    return answered
