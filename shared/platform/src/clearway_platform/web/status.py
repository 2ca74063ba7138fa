"""The status of a service over HTTP: what operators of a mission look at when a warning or a figure is late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends
from pydantic import BaseModel, Field

from clearway_contracts.topics import TOPICS
from clearway_platform.auth.permissions import STATUS as PERMISSION
from clearway_platform.auth.principals import Principal
from clearway_platform.messaging.housekeeping import unpublished
from clearway_platform.messaging.lag import lag_of_group
from clearway_platform.service import Platform
from clearway_platform.version import VERSION
from clearway_platform.web.access import require
from clearway_platform.web.routing import Router
from clearway_platform.web.stream.hub import Hub

Operator = Annotated[Principal, Depends(require(PERMISSION))]

# What consumers share is told when it is late: in the meantime a mission could count the events of the others by it.
LATE: Final = timedelta(seconds=10)
STATUS: Final = {"Status": "How the services are doing: what runs, what waits, and what does not get through."}
"""The tag of these routes in the OpenAPI document."""


class WorkerStatus(BaseModel):
    """A worker: a task of the service that runs for as long as the process does."""

    worker: str
    runs: bool
    problem: str | None = Field(description="Why it does not run, until it is started again; null while it runs.")


class OutboxStatus(BaseModel):
    """What is committed and not yet published: events of the mission, and the service's own heartbeats."""

    waiting: int
    oldest_seconds: float | None = Field(description="How long the oldest of them waits; null when none does.")


class ConsumerStatus(BaseModel):
    """A consumer of the service: how far it is with what the other services publish."""

    consumer: str
    waits: bool | None = Field(
        description="Whether messages of any mission wait for more than ten seconds, in whatever process it runs; null "
        "while the broker does not answer."
    )
    handled_until: datetime | None = Field(
        description="Everything that was published until then is handled, as far as this process knows: the time of "
        "the answer where nothing waits for more than ten seconds. Null while it does not consume, or the broker does "
        "not answer."
    )
    absent_since: datetime | None = Field(
        description="Since when this process does not consume: another one may. Null while it does."
    )


class ServiceStatus(BaseModel):
    """One service, as the process that answers sees it."""

    mission: str = Field(description="The mission whose events, dead letters and stream clients are counted.")
    version: str
    running_since: datetime = Field(description="When the process that answers was started.")
    workers: list[WorkerStatus] = Field(description="The workers of that process; empty where it runs none.")
    outbox: OutboxStatus
    consumers: list[ConsumerStatus] = Field(description="Empty where the service consumes nothing.")
    dead_letters: int = Field(description="The mission's dead letters that wait for a person.")
    stream_clients: int = Field(description="The mission's clients whose stream that process has open.")


def status_router(platform: Platform, path: str, hub: Hub) -> Router:
    """The route of a service's status, at `path`. `hub`: that of its stream."""
    router = Router(prefix=path, tags=["Status"])
    name = path.rpartition("/")[2].replace("-", "_")
    running_since = platform.clock.now()

    @router.get("", operation_id=f"{name}.get", summary="Read the status of the service")
    async def get_status(principal: Operator) -> ServiceStatus:
        """Whether its workers run, what waits to be published and to be handled, and who follows its stream. What a
        service shares among missions is given without saying whose it is."""
        waiting = await unpublished(platform.database, platform.clock, principal.mission)
        return ServiceStatus(
            mission=principal.mission,
            version=VERSION,
            running_since=running_since,
            workers=[
                WorkerStatus(worker=worker, runs=problem is None, problem=problem)
                for worker, problem in sorted(platform.workers.items())
            ],
            outbox=OutboxStatus(waiting=waiting.count, oldest_seconds=waiting.oldest_seconds),
            consumers=await _consumers(platform),
            dead_letters=await platform.dead_letters.count(principal.mission),
            stream_clients=hub.clients_of(principal.mission),
        )

    return router


async def _consumers(platform: Platform) -> list[ConsumerStatus]:
    absent, now = platform.progress.absent_since(), platform.clock.now()
    holding = platform.progress.holding(now)
    found = []
    for consumer, until in platform.progress.handled_until(now).items():
        topics = [topic.name for topic in TOPICS if consumer in topic.consumers]
        lag = await lag_of_group(platform.broker, topics, consumer)
        # Kafka's client waits for its broker without a word: until then nobody knows what else was published.
        known = lag is not None and consumer not in absent
        is_late = now - until > LATE or consumer in holding
        status = ConsumerStatus(
            consumer=consumer,
            waits=None if lag is None else lag > 0 and is_late,
            handled_until=(until if is_late else now) if known else None,
            absent_since=absent.get(consumer),
        )
        found.append(status)
    return found
