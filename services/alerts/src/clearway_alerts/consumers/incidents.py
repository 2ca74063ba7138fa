"""A new revision of an incident: warn the subscriptions that it concerns."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from clearway_alerts.consumers.heard import heard_in
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound.measuring import ALERT_LATENCY
from clearway_alerts.warning.hearing import Hearing
from clearway_alerts.warning.pipeline import Pipeline, Revision
from clearway_contracts.envelope import Event
from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import IncidentChange, IncidentCorrected, IncidentUnmerged
from clearway_contracts.vocabulary import CasualtyOutcome, Channel, Status
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.messaging.handlers import BatchHandler, Taken


class IncidentHandler(BatchHandler):
    """Handles every incident event alike: each carries the whole state, so the kind of change does not matter."""

    def __init__(self, pipeline: Pipeline, clock: Clock, hearing: Hearing) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._hearing = hearing

    async def __call__(self, transaction: Transaction, taken: Sequence[Taken]) -> None:
        changes = [(one, _change_of(one.event)) for one in taken]
        warned = await self._pipeline.warn(
            transaction,
            [Revision(incident_of(change), one.event.envelope.id, one.in_its_trace) for one, change in changes],
        )
        envelopes = [one.event.envelope for one in taken]
        recorded = [envelope.recorded_time for envelope in envelopes if envelope.id in warned]
        transaction.after_commit(partial(self._note_latencies, recorded))
        for one, change in changes:
            heard = heard_in(change, one.event.envelope.recorded_time)
            transaction.after_commit(partial(self._hearing.note, heard, change.mission))

    def _note_latencies(self, recorded: Iterable[datetime]) -> None:
        now = self._clock.now()
        for moment in recorded:
            ALERT_LATENCY.observe(max((now - moment).total_seconds(), 0.0))


def _change_of(event: Event) -> IncidentChange:
    assert isinstance(event.data, IncidentChange)
    return event.data


def incident_of(change: IncidentChange) -> IncidentView:
    """What alerts need of the contract's state, and of what changed it."""
    state = change.incident
    return IncidentView(
        mission=state.mission,
        incident_id=state.incident_id,
        revision=state.revision,
        exercise=state.exercise,
        status=state.status,
        category=state.category,
        outcome=state.outcome,
        hazard_state=state.hazard_state,
        longitude=state.location.point.longitude,
        latitude=state.location.point.latitude,
        uncertainty_m=state.location.uncertainty_m,
        place_name=state.location.place_name,
        earliest=state.time.earliest,
        latest=state.time.latest,
        occurred_at=state.time.occurred_at,
        killed_high=_at_most(state, CasualtyOutcome.KILLED),
        injured_high=_at_most(state, CasualtyOutcome.INJURED),
        reliability=state.grading.source_reliability,
        credibility=state.grading.info_credibility,
        tlp=state.sharing.tlp,
        merged_into=state.links.merged_into,
        clearance=state.clearance.state if state.clearance else None,
        by_one_person=state.clearance is not None and state.clearance.override_reason is not None,
        taken_back=_took_back(change),
        is_imported=_is_imported(state),
        classification=state.sharing.classification,
        releasable_to=state.sharing.releasable_to,
        mgrs=state.location.mgrs,
        route_id=state.location.route_id,
        chainage_m=state.location.chainage_m,
    )


def _took_back(change: IncidentChange) -> bool:
    """Whether a correction, or a report that left, sent a verified incident back to review."""
    by_itself = isinstance(change, IncidentCorrected | IncidentUnmerged)
    return by_itself and "status" in change.changed and change.incident.status is Status.UNDER_REVIEW


def _is_imported(state: IncidentState) -> bool:
    """An incident whose reports are not known may have been seen by someone today."""
    return bool(state.reports) and all(report.channel is Channel.IMPORT for report in state.reports)


def _at_most(state: IncidentState, outcome: CasualtyOutcome) -> int:
    return sum(group.high for group in state.casualties if group.outcome is outcome)
