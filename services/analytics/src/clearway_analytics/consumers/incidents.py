"""The consumer of incident events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clearway_analytics.commands.apply_incidents import ApplyIncidents, Arrived
from clearway_analytics.domain.incident_view import IncidentView
from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import INCIDENT_EVENTS, IncidentChange
from clearway_contracts.topics import INCIDENTS
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.messaging.handlers import BatchHandler, Taken
from clearway_platform.service import Platform

GROUP: Final = "analytics"


@dataclass(frozen=True, slots=True)
class OnIncidents(BatchHandler):
    """The handler of all incident events: each of them carries the whole state."""

    apply: ApplyIncidents

    async def __call__(self, transaction: Transaction, taken: Sequence[Taken]) -> None:
        await self.apply(transaction, [_arrived(one) for one in taken])


def _arrived(taken: Taken) -> Arrived:
    change = taken.event.data
    if not isinstance(change, IncidentChange):
        raise TypeError(f"{change.event_type} is no incident event")
    return Arrived(view_of(change.incident), taken.event.envelope.id, taken.in_its_trace)


def incident_consumer(platform: Platform, apply: ApplyIncidents) -> Consumer:
    handler = OnIncidents(apply)
    return Consumer(
        name=GROUP,
        topics=[INCIDENTS],
        handlers=dict.fromkeys(INCIDENT_EVENTS, handler),
        broker=platform.broker,
        database=platform.database,
        dead_letters=platform.dead_letters,
        clock=platform.clock,
        attempts=platform.settings.handler_attempts,
        progress=platform.progress,
        turn=platform.precedence.after,
    )


def view_of(incident: IncidentState) -> IncidentView:
    """The incident of an event as the model uses it."""
    longitude, latitude = incident.location.point.coordinates
    return IncidentView(
        mission=incident.mission,
        incident_id=incident.incident_id,
        revision=incident.revision,
        occurred=min(incident.time.best, incident.time.recorded_at),
        longitude=longitude,
        latitude=latitude,
        uncertainty_m=incident.location.uncertainty_m,
        category=incident.category.value,
        outcome=incident.outcome.value,
        hazard_state=incident.hazard_state.value,
        status=incident.status.value,
        exercise=incident.exercise,
        source_reliability=incident.grading.source_reliability.value,
        info_credibility=incident.grading.info_credibility.value,
        activity=incident.activity.value,
        latest=min(incident.time.latest, incident.time.recorded_at),
        updated_at=incident.audit.updated_at,
        tlp=incident.sharing.tlp.value,
        classification=incident.sharing.classification.value,
        releasable_to=incident.sharing.releasable_to,
    )
