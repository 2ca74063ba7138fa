"""What people of a mission do by the API while others look at a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import httpx

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_testing.photos import photo

Keys = Callable[[Role], Awaitable[str]]
HERE: Final = (30.05, 5.02)


class Person:
    """One key, and what is done by it. Every answer must be a success."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        answer = await self._client.get(path, params=query, headers=self._headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def send(self, method: str, path: str, body: object, etag: str | None = None) -> dict[str, Any]:
        headers = self._headers | {"Idempotency-Key": uuid4().hex} | ({"If-Match": etag} if etag else {})
        answer = await self._client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        done: dict[str, Any] = answer.json() if answer.content else {}
        return done

    async def report(self, place: str = "", at: tuple[float, float] = HERE, **more: Any) -> str:
        """The id of a new incident, at `at` (longitude, latitude), named `place`."""
        body = report_of(place, at) | more
        await self.send("POST", "/v1/incidents", body)
        return str(body["incident_id"])

    async def attach(self, incident: str, caption: str, seed: int = 1) -> dict[str, Any]:
        """A photo of an incident, which differs with the seed."""
        headers = self._headers | {"Idempotency-Key": uuid4().hex}
        body = photo(width=400, height=300, seed=seed)
        path, query = f"/v1/incidents/{incident}/attachments", {"caption": caption}
        answer = await self._client.post(path, params=query, content=body, headers=headers)
        assert answer.status_code == 201, answer.text
        sent: dict[str, Any] = answer.json()
        return sent

    async def change(self, incident: str, action: str, body: Mapping[str, Any]) -> None:
        """An action on an incident, on its latest revision."""
        path = f"/v1/incidents/{incident}"
        revision = (await self.get(path))["revision"]
        await self.send("POST", f"{path}/{action}", body, f'"{revision}"')

    async def retract(self, incident: str) -> None:
        await self.change(incident, "retract", {"reason": "false_report"})


def withheld(mark: str) -> str:
    """A made-up text that is withheld, and differs from others by its mark."""
    return f"Mix two cups of flurbium with one cup of blenk and stir, {mark}"


def report_of(place: str, at: tuple[float, float], ago: timedelta = timedelta()) -> dict[str, Any]:
    """The body of a report of an active IED beside a road."""
    return {
        "incident_id": str(new_id()),
        "time": {"occurred_at": (datetime.now(UTC) - ago).isoformat(), "precision": "minute"},
        "location": {
            "point": {"type": "Point", "coordinates": list(at)},
            "uncertainty_m": 25,
            "precision": "gps",
            "setting": "road",
            **({"place_name": place} if place else {}),
        },
        "category": "ied",
        "outcome": "found_marked",
        "hazard_state": "active",
    }
