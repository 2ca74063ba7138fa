"""Merging: one incident becomes the alias of another one of the same event. It can be undone."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from clearway_contracts.handling import higher_classification, higher_tlp
from clearway_contracts.incident import IncidentState, Sharing
from clearway_contracts.vocabulary import Status
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.hazard import graver, hazard_values
from clearway_incidents.domain.life import HARMLESS, Act, Kind, NewRevision, allow, revise
from clearway_incidents.domain.verifying import Basis, still_holds


class CasualtiesOf(StrEnum):
    """Whose casualty figures hold after a merge. They are chosen: a sum would count people twice."""

    SURVIVOR = "survivor"
    MERGED = "merged"


def merge(
    loser: IncidentState, survivor: IncidentState, act: Act, *, casualties: CasualtiesOf
) -> tuple[NewRevision, NewRevision]:
    """The loser as an alias, and the survivor, which now rests on the reports of both."""
    allow(loser, Kind.MERGED)
    if loser.incident_id == survivor.incident_id:
        raise NotNow("an incident cannot be merged into itself", "Name another one as survivor_id.")
    if loser.exercise is not survivor.exercise:
        raise NotNow("one of the two is an exercise, the other is not", "Correct `exercise` first.")
    allow(survivor, Kind.MERGED)
    if survivor.status is Status.CLOSED is not loser.status and loser.hazard_state not in HARMLESS:
        raise NotNow(f"the survivor is closed, and the hazard of the other is {loser.hazard_state}", "Reopen it first.")
    links = loser.links.model_copy(update={"merged_into": survivor.incident_id})
    alias = revise(loser, act.at, status=Status.MERGED, links=links)
    chosen = loser.casualties if casualties is CasualtiesOf.MERGED else survivor.casualties
    known = {report.report_id for report in survivor.reports}
    added = tuple(report for report in loser.reports if report.report_id not in known)
    links = survivor.links.model_copy(update={"merged_from": (*survivor.links.merged_from, loser.incident_id)})
    joined = revise(
        survivor,
        act.at,
        links=links,
        casualties=chosen,
        reports=(*survivor.reports, *added),
        sharing=_sharing_of_both(loser.sharing, survivor.sharing),
        **_hazard_of_both(loser, survivor),
    )
    return NewRevision(alias, Kind.MERGED, act.reason), NewRevision(joined, Kind.MERGED, act.reason)


def _sharing_of_both(loser: Sharing, survivor: Sharing) -> Sharing:
    """The narrower one in each respect: the survivor has the reports of both."""
    named, others = survivor.releasable_to, loser.releasable_to
    if named and others and not set(named) & set(others):
        raise NotNow("the two are releasable to different organisations alone", "Correct `sharing` of one first.")
    kept_until = [sharing.retention_until for sharing in (loser, survivor) if sharing.retention_until is not None]
    return Sharing(
        tlp=higher_tlp(loser.tlp, survivor.tlp),
        classification=higher_classification(loser.classification, survivor.classification),
        releasable_to=tuple(name for name in named if name in others) if named and others else named or others,
        retention_until=min(kept_until, default=None),
    )


def _hazard_of_both(loser: IncidentState, survivor: IncidentState) -> dict[str, Any]:
    """The graver one: a merge clears nothing."""
    state = graver(survivor.hazard_state, loser.hazard_state)
    return {} if state == survivor.hazard_state else hazard_values(survivor, state)


def unmerge_loser(loser: IncidentState, before: IncidentState, act: Act) -> NewRevision:
    """The loser as it was `before` it was merged; an alias does not change, so nothing is lost."""
    allow(loser, Kind.UNMERGED)
    restored = revise(loser, act.at, status=before.status, links=before.links)
    return NewRevision(restored, Kind.UNMERGED, act.reason)


def unmerge_survivor(
    survivor: IncidentState,
    loser: IncidentState,
    before: IncidentState,
    after: IncidentState,
    act: Act,
    *,
    basis: Basis,
) -> NewRevision:
    """The survivor without the loser. `before` and `after` are its revisions around the merge: casualties that were
    chosen then and not corrected since go back to what they were, as do marks, and a hazard that the loser made graver;
    reports that came with the loser leave. `basis` is that without the loser: what was verified on more goes back to
    review."""
    if survivor.status is Status.MERGED:
        raise NotNow(f"the survivor was itself merged into {survivor.links.merged_into}", "Unmerge the survivor first.")
    own = {report.report_id for report in before.reports}
    came = {report.report_id for report in loser.reports} - own
    merged_from = tuple(item for item in survivor.links.merged_from if item != loser.incident_id)
    values: dict[str, Any] = {
        "links": survivor.links.model_copy(update={"merged_from": merged_from}),
        "reports": tuple(report for report in survivor.reports if report.report_id not in came),
    }
    if survivor.casualties == after.casualties:
        values["casualties"] = before.casualties
    if survivor.sharing == after.sharing:
        values["sharing"] = before.sharing
    if survivor.hazard_state == after.hazard_state != before.hazard_state:
        values |= {"hazard_state": before.hazard_state, "clearance": before.clearance}
    freed = revise(survivor, act.at, **values)
    if freed.status is Status.VERIFIED and not still_holds(freed, before, basis):
        freed = freed.model_copy(update={"status": Status.UNDER_REVIEW})
    return NewRevision(freed, Kind.UNMERGED, act.reason)
