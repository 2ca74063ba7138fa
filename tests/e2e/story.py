"""One report, from POST to a warned subscriber and a re-rated route, told step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_testing.platforms import AnyPlatform
from clearway_testing.receiver import Receiver

MISSION = "unmis-test"
# About 12 km of road; the incident lies some 20 m beside its middle.
LINE = {"type": "LineString", "coordinates": [[30.00, 5.00], [30.05, 5.02], [30.11, 5.03]]}
HERE = [30.0501, 5.0202]
THREE_KILOMETRES_OFF = [30.0501, 5.0472]
PATIENCE_SECONDS = 240.0


# A query in the words of the server at an address: versions of Clearway may differ in them.
Words = Callable[[str, Mapping[str, str]], Mapping[str, str]]


def in_these_words(_address: str, query: Mapping[str, str]) -> Mapping[str, str]:
    """Every server is of this version."""
    return query


class Caller:
    """One principal, who repeats a request with the same Idempotency-Key until it is answered."""

    def __init__(
        self, platform: AnyPlatform, client: httpx.AsyncClient, token: str, words: Words = in_these_words
    ) -> None:
        self._platform = platform
        self._client = client
        self._words = words
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self._send("GET", path, params)

    async def write(self, method: str, path: str, body: object, etag: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": uuid4().hex} | ({"If-Match": etag} if etag else {})
        return await self._send(method, path, {}, json=body, headers=headers)

    async def _send(self, method: str, path: str, params: Mapping[str, str], **request: Any) -> httpx.Response:
        request["headers"] = self._headers | request.get("headers", {})
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            try:
                address = self._platform.address(path)
                asked = self._words(address, params)
                answer = await self._client.request(method, address + path, params=asked, **request)
                if answer.status_code < 500:
                    return answer
                failure = f"{answer.status_code} {answer.text}"
            except httpx.TransportError as error:
                failure = repr(error)
            assert asyncio.get_running_loop().time() < deadline, f"{method} {path}: {failure}"
            await asyncio.sleep(0.1)


Between = Callable[[str], Awaitable[None]]


async def undisturbed(_step: str) -> None:
    """Nothing happens between the steps."""


class Story:
    """The story and what must be true at each of its steps. `between` is called after each request that changes.

    Stories on the same platform have a `mission` each, or one would warn the subscribers of the other.
    """

    def __init__(
        self,
        platform: AnyPlatform,
        receiver: Receiver,
        between: Between = undisturbed,
        mission: str = MISSION,
        words: Words = in_these_words,
        *,
        clears: bool = True,
    ) -> None:
        """`clears`: the hazard is cleared on the way, which a server of version 0.1.0 does not know."""
        self._platform = platform
        self._receiver = receiver
        self._between = between
        self._words = words
        self._clears = clears
        self.mission = mission
        self.route_id = str(new_id())
        self.incident_id = str(new_id())

    async def tell(self) -> None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            await self._arrive(client)
            await self._between("arrived")
            await self._prepare()
            await self._report()
            await self._verify()
            if self._clears:
                await self._clear()
            await self._move()
            await self._retract()
            await self._look_back()

    async def _arrive(self, client: httpx.AsyncClient) -> None:
        self.operator, self.reporter, self.verifier, self.second, self.subscriber = [
            Caller(self._platform, client, await self._platform.key(self.mission, role), self._words)
            for role in (Role.OPERATOR, Role.REPORTER, Role.VERIFIER, Role.VERIFIER, Role.SUBSCRIBER)
        ]

    async def _prepare(self) -> None:
        """An operator registers the route, a subscriber a webhook for a corridor along it."""
        route = await self.operator.write("PUT", f"/v1/routes/{self.route_id}", {"name": "Route Test", "line": LINE})
        assert route.status_code in (200, 201), route.text
        area = {"type": "corridor", "line": LINE, "width_m": 1000}
        wanted = {
            "name": "convoy",
            "filter": {"area": area},
            "channel": {"type": "webhook", "url": self._receiver.url},
        }
        subscription = await self.subscriber.write("POST", "/v1/subscriptions", wanted)
        assert subscription.status_code == 201, subscription.text
        self.secret = await self._secret(subscription)
        await self._between("prepared")
        self.at = datetime.now(UTC)
        self.baseline = await self._risk()

    async def _secret(self, answer: httpx.Response) -> str:
        """It is shown once: a repeat of a request whose answer was lost has none, and then it is rotated."""
        rotate = f"/v1/subscriptions/{answer.json()['subscription_id']}/rotate-secret"
        while (secret := answer.json()["secret"]) is None:
            answer = await self.subscriber.write("POST", rotate, None, answer.headers["ETag"])
            assert answer.status_code == 200, answer.text
        return str(secret)

    async def _report(self) -> None:
        """A report is accepted; one signed alert comes, and the route's risk has risen because of it."""
        answer = await self.reporter.write("POST", "/v1/incidents", report(self.incident_id, self.at))
        assert answer.status_code == 201, answer.text
        assert answer.headers["ETag"] == '"1"'
        assert answer.json()["revision"] == 1
        await self._between("reported")
        await self._receiver.wait_for(lambda alerts: kinds(alerts) == ["alert.issued"], PATIENCE_SECONDS)
        Webhook(self.secret).verify(self._receiver.requests[0].body, self._receiver.requests[0].headers)
        await self._until(lambda risk: expected(risk) > expected(self.baseline) * 1.25)
        explanation = (await self.reporter.get(f"/v1/routes/{self.route_id}/risk/explanation")).json()
        contributions = explanation["contributions"]
        if contributions or self._clears:
            assert [one["incident_id"] for one in contributions] == [self.incident_id]
            assert contributions[0]["expected_events"] > 0
        else:
            # What release 0.1.0 took has no marks: only a key that reads everything is told which incident it is.
            assert explanation["rest"]["incidents"] == 1
        self.risen = await self._risk()

    async def _verify(self) -> None:
        """A verifier reviews and grades, a second one verifies: the incident weighs more."""
        await self._change("review", {})
        await self._change("grade", {"source_reliability": "B", "info_credibility": 2})
        await self._change("verify", {}, by=self.second)
        await self._until(lambda risk: expected(risk) > expected(self.risen))

    async def _clear(self) -> None:
        """The reporter claims that the hazard is cleared, which is told; a verifier confirms it, which downgrades."""
        claim = {"organisation": "Clearance team", "method": "removed", "at": datetime.now(UTC).isoformat()}
        await self._change("clearance", claim, by=self.reporter)
        await self._receiver.wait_for(lambda alerts: kinds(alerts)[-1] == "alert.updated", PATIENCE_SECONDS)
        await self._change("confirm-clearance", {})
        await self._receiver.wait_for(lambda alerts: kinds(alerts)[-1] == "alert.downgraded", PATIENCE_SECONDS)

    async def _move(self) -> None:
        """The place is corrected by 3 km: out of the corridor, and those who were warned are told."""
        before = len(self._receiver.alerts)
        point = {"type": "Point", "coordinates": THREE_KILOMETRES_OFF}
        patch = {"location": {"point": point}}
        etag = await self._etag()
        answer = await self.reporter.write("PATCH", f"/v1/incidents/{self.incident_id}", patch, etag)
        assert answer.status_code == 200, answer.text
        await self._between("moved")
        revision = answer.json()["revision"]
        await self._receiver.wait_for(
            lambda alerts: len(alerts) > before and revisions(alerts)[-1] == revision, PATIENCE_SECONDS
        )

    async def _retract(self) -> None:
        """It was false: the cancellation comes last, and what followed from it is gone from the risk."""
        await self._change("retract", {"reason": "false_report"})
        await self._receiver.wait_for(lambda alerts: kinds(alerts)[-1] == "alert.cancelled", PATIENCE_SECONDS)
        await self._until(lambda risk: abs(risk["incidents"] - self.baseline["incidents"]) <= 1e-9, at=self.at)

    async def _look_back(self) -> None:
        """Every revision is readable, each alert object exists once, and the alerts came in order."""
        newest = (await self.reporter.get(f"/v1/incidents/{self.incident_id}")).json()["revision"]
        assert newest == (8 if self._clears else 6)
        for revision in range(1, newest + 1):
            answer = await self.reporter.get(f"/v1/incidents/{self.incident_id}/revisions/{revision}")
            assert answer.json()["incident"]["revision"] == revision
        listed = (await self.subscriber.get("/v1/alerts", incident_id=self.incident_id)).json()["items"]
        assert sorted(revisions_of(listed)) == sorted(set(revisions_of(listed)))
        sent = self._receiver.alerts
        assert revisions(sent) == sorted(set(revisions(sent)))
        assert len(sent) == len(listed)
        assert kinds(sent)[0] == "alert.issued"
        assert kinds(sent).count("alert.cancelled") == 1

    async def _change(self, action: str, body: Mapping[str, Any], by: Caller | None = None) -> None:
        path = f"/v1/incidents/{self.incident_id}"
        answer = await (by or self.verifier).write("POST", f"{path}/{action}", body, await self._etag())
        assert answer.status_code == 200, answer.text
        await self._between(action)

    async def _etag(self) -> str:
        return (await self.verifier.get(f"/v1/incidents/{self.incident_id}")).headers["ETag"]

    async def _risk(self) -> dict[str, Any]:
        answer = await self.reporter.get(f"/v1/routes/{self.route_id}/risk", as_of=self.at.isoformat())
        assert answer.status_code == 200, answer.text
        risk: dict[str, Any] = answer.json()
        return risk

    async def _until(self, holds: Callable[[dict[str, Any]], bool], at: datetime | None = None) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not holds(risk := await self._risk()):
            assert asyncio.get_running_loop().time() < deadline, f"the risk stayed at {risk}; it was {self.baseline}"
            await asyncio.sleep(0.05)


def report(incident_id: str, at: datetime) -> dict[str, Any]:
    return {
        "incident_id": incident_id,
        "time": {"occurred_at": at.isoformat(), "precision": "minute"},
        "location": {
            "point": {"type": "Point", "coordinates": HERE},
            "uncertainty_m": 25,
            "precision": "gps",
            "setting": "road",
        },
        "category": "ied",
        "outcome": "found_marked",
        "hazard_state": "active",
    }


def kinds(alerts: list[Any]) -> list[str]:
    return [alert.payload["type"] for alert in alerts]


def revisions(alerts: list[Any]) -> list[int]:
    return revisions_of([alert.payload["data"] for alert in alerts])


def revisions_of(listed: list[dict[str, Any]]) -> list[int]:
    """Of the incident. Version 0.1.0 calls it `revision`."""
    return [alert["incident_revision" if "incident_revision" in alert else "revision"] for alert in listed]


def expected(risk: Mapping[str, Any]) -> float:
    """The expected events without the corridor gain, which a process learns when it starts. 0.1.0 has none."""
    return float(risk["expected_events"] / risk.get("gain", 1.0))
