"""The hazard of an incident: made graver by anyone at once, made less only under four eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from clearway_contracts.incident import Clearance, IncidentState
from clearway_contracts.vocabulary import ClearanceMethod, ClearanceState, HazardState, Status
from clearway_incidents.domain import moment
from clearway_incidents.domain.errors import InvalidFact, NotNow, NotYours
from clearway_incidents.domain.life import HARMLESS, Act, Kind, NewRevision, allow, revise

# The gravest first. What is not known may be anything, but nobody has seen it.
GRAVITY: Final = (HazardState.ACTIVE, HazardState.SUSPECTED, HazardState.MARKED, HazardState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reporter says of a clearance: what the hazard became, who did what to it, when, and how far it reaches."""

    hazard_state: HazardState
    organisation: str
    method: ClearanceMethod
    at: datetime
    extent: str | None = None
    reference: str | None = None


def is_less(before: HazardState, after: HazardState) -> bool:
    """Whether people would no longer be warned of what they were warned of."""
    return before not in HARMLESS and after in HARMLESS


def graver(one: HazardState, other: HazardState) -> HazardState:
    """The graver of two; the first where neither is."""
    return min(one, other, key=lambda state: GRAVITY.index(state) if state in GRAVITY else len(GRAVITY))


def change_hazard(incident: IncidentState, act: Act, *, state: HazardState) -> NewRevision:
    """The hazard changes independently of the status. That it stands contradicts a clearance, claimed or confirmed.
    A closed incident must be reopened before it can be dangerous."""
    allow(incident, Kind.HAZARD_CHANGED)
    if is_less(incident.hazard_state, state):
        raise NotNow(
            f"the hazard is {incident.hazard_state}, and is not made {state} by one report",
            "Claim the clearance with POST …/clearance; a verifier confirms it.",
        )
    if incident.status is Status.CLOSED and state not in HARMLESS:
        raise NotNow(f"a closed incident cannot be {state}", "Reopen it first.")
    return NewRevision(revise(incident, act.at, **hazard_values(incident, state)), Kind.HAZARD_CHANGED, act.reason)


def hazard_values(incident: IncidentState, state: HazardState) -> dict[str, Any]:
    """The fields of a hazard that is not made less."""
    clearance = incident.clearance if state in HARMLESS else None
    return {"hazard_state": state, "clearance": clearance}


def claim(incident: IncidentState, act: Act, *, claimed: Claim) -> NewRevision:
    """Say that the hazard is cleared or gone. It stands, and no warning is withdrawn, until that is confirmed."""
    allow(incident, Kind.CLEARANCE_CLAIMED)
    if incident.hazard_state in HARMLESS:
        raise NotNow(f"the hazard is {incident.hazard_state} already", "No action is needed.")
    if incident.clearance is not None:
        raise NotNow("a clearance is claimed already", "Confirm it, or dismiss it first.")
    moment.check_moment("at", claimed.at, act.at)
    if claimed.at < incident.time.earliest:
        raise InvalidFact(
            "at", "is before the incident", "Check the date; correct the incident's time if that is wrong."
        )
    return NewRevision(
        revise(incident, act.at, clearance=open_clearance(claimed, act)), Kind.CLEARANCE_CLAIMED, act.reason
    )


def open_clearance(claimed: Claim, act: Act) -> Clearance:
    """The clearance as it is claimed."""
    return Clearance(
        state=ClearanceState.CLAIMED,
        hazard_state=claimed.hazard_state,
        organisation=claimed.organisation,
        method=claimed.method,
        at=claimed.at,
        extent=claimed.extent,
        reference=claimed.reference,
        claimed_by=act.by,
    )


def confirm(incident: IncidentState, act: Act, *, claimant: str, override_reason: str | None) -> NewRevision:
    """The hazard falls. `claimant` is the identity behind the claim: the same one confirms it only with the reason why
    there is no second person, and everything that shows the clearance then says so."""
    allow(incident, Kind.CLEARANCE_CONFIRMED)
    clearance = _claimed(incident)
    if act.identity == claimant and override_reason is None:
        raise NotYours(
            "A clearance is not confirmed by the person who claimed it. Ask another verifier; where there is none, say "
            "so in override_reason."
        )
    if act.identity != claimant and override_reason is not None:
        raise InvalidFact(
            "override_reason", "is only for the person who claimed the clearance", "Leave it out, or give `reason`."
        )
    confirmed = clearance.model_copy(
        update={"state": ClearanceState.CONFIRMED, "confirmed_by": act.by, "override_reason": override_reason}
    )
    values = {"hazard_state": clearance.hazard_state, "clearance": confirmed}
    return NewRevision(revise(incident, act.at, **values), Kind.CLEARANCE_CONFIRMED, act.reason or override_reason)


def dismiss(incident: IncidentState, act: Act, *, claimant: str) -> NewRevision:
    """The claim is withdrawn by its claimant, or refused by a principal that may assess: the hazard stands."""
    allow(incident, Kind.CLEARANCE_DISMISSED)
    _claimed(incident)
    if act.identity != claimant and not act.assesses:
        raise NotYours("A claim is withdrawn by its claimant, or refused by a verifier. Ask one of them.")
    return NewRevision(revise(incident, act.at, clearance=None), Kind.CLEARANCE_DISMISSED, act.reason)


def _claimed(incident: IncidentState) -> Clearance:
    if incident.clearance is None or incident.clearance.state is not ClearanceState.CLAIMED:
        raise NotNow("no clearance is claimed", "Claim it first with POST …/clearance.")
    return incident.clearance
