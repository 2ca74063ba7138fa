"""A client of one mission, with its key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.platforms import Platform
from clearway_platform.clock import new_id

TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Client:
    """Over connections that are kept, as many as there are requests at a time."""

    platform: Platform
    session: aiohttp.ClientSession

    async def report(self, body: bytes) -> int:
        """Post a report; the status of the answer. Raises ClientError or TimeoutError when none came."""
        address = f"{self.platform.addresses['incidents']}/v1/incidents"
        async with self.session.post(address, data=body, headers=JSON) as answer:
            await answer.read()
            return answer.status

    async def subscribe(self, subscription: dict[str, Any]) -> None:
        await self._create("POST", f"{self.platform.addresses['alerts']}/v1/subscriptions", subscription)

    async def register_route(self, route: dict[str, Any]) -> None:
        await self._create("PUT", f"{self.platform.addresses['analytics']}/v1/routes/{new_id()}", route)

    async def _create(self, method: str, address: str, content: dict[str, Any]) -> None:
        async with self.session.request(method, address, json=content) as answer:
            if answer.status != 201:
                raise RuntimeError(f"{address} answered {answer.status}: {await answer.text()}")

    async def incidents(self) -> set[UUID]:
        """The ids of every incident in the list."""
        found: set[UUID] = set()
        cursor: dict[str, str] = {}
        while True:
            address = f"{self.platform.addresses['incidents']}/v1/incidents"
            async with self.session.get(address, params={"limit": "500", **cursor}) as answer:
                answer.raise_for_status()
                page = await answer.json()
            found |= {UUID(item["incident_id"]) for item in page["items"]}
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    async def published(self) -> float:
        """How many messages the incidents service has taken to the log since it started."""
        async with self.session.get(f"{self.platform.addresses['incidents']}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
        samples = (sample for family in families for sample in family.samples)
        return sum(
            sample.value
            for sample in samples
            if sample.name == "clearway_outbox_published_total" and sample.labels["service"] == "incidents"
        )


@asynccontextmanager
async def client_of(platform: Platform, mission: str) -> AsyncIterator[Client]:
    """A client with a new key of the mission."""
    headers = {"Authorization": f"Bearer {await platform.create_key(mission)}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector, timeout=TIMEOUT) as session:
        yield Client(platform, session)
