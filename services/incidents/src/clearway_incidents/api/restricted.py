"""Which reads the audit holds: those of incidents whose marks keep fields from other keys of the mission."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from fastapi import Request

from clearway_contracts.handling import Handling
from clearway_incidents.queries.incidents import Found
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import LEAST, Principal
from clearway_platform.web.audited import note_restricted_read


def note_reads(request: Request, principal: Principal, found: Iterable[Found]) -> None:
    """These incidents are shown, as far as this principal may see them."""
    read = [one.state["incident_id"] for one in found if _is_restricted(principal, *one.handlings)]
    note_restricted_read(request, [f"incident {incident_id}" for incident_id in read])


def note_read(request: Request, principal: Principal, incident_id: UUID, *handlings: Handling) -> None:
    """One incident is shown, or what it was."""
    if _is_restricted(principal, *handlings):
        note_restricted_read(request, [f"incident {incident_id}"])


def note_all_read(request: Request, principal: Principal, what: str) -> None:
    """Everything that the principal may see is shown at once, without saying of each that it is."""
    if not LEAST.covers(principal.ceiling):
        note_restricted_read(request, [what])


def _is_restricted(principal: Principal, *handlings: Handling) -> bool:
    return principal.ceiling.sight(*handlings) is Sight.WHOLE and LEAST.sight(*handlings) is not Sight.WHOLE
