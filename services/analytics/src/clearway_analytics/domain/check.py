"""What was done for a stretch of a route: a clearance or a pass, and the rules for recording one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from clearway_analytics.domain.line import Position
from clearway_analytics.domain.route import Route
from clearway_contracts.route_vocabulary import PassResult, SearchResult
from clearway_platform.refusals import Invalid

# Clocks differ a little.
EARLY: Final = timedelta(minutes=5)
# An odometer and a map differ a little: so far past its end a stretch still ends with the line.
PAST_THE_END_M: Final = 100.0
SHORTEST_M: Final = 1.0
_CLEARED: Final = frozenset({SearchResult.NOTHING_FOUND.value, SearchResult.FOUND_AND_CLEARED.value})


class CheckKind(StrEnum):
    """What was done."""

    CLEARANCE = "clearance"
    PASS = "pass"


@dataclass(frozen=True, slots=True)
class CheckDraft:
    """What a person sends. A stretch without an end reaches the end of the line. `way`: the method of a clearance, the
    kind of a pass."""

    kind: CheckKind
    from_km: float
    to_km: float | None
    at: datetime
    organisation: str
    way: str
    result: str
    items_found: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One revision of a clearance or a pass. `start_m` and `end_m` are distances along the line that `line_digest`
    names; `reason` says why it was corrected or withdrawn."""

    mission: str
    check_id: UUID
    revision: int
    route_id: UUID
    kind: CheckKind
    start_m: float
    end_m: float
    at: datetime
    organisation: str
    way: str
    result: str
    items_found: int | None
    note: str
    route_revision: int
    line_digest: str
    recorded_by: str
    recorded_at: datetime
    withdrawn: bool
    reason: str | None

    @property
    def clears(self) -> bool:
        """Whether nothing that was there before is left on the stretch."""
        return not self.withdrawn and self.kind is CheckKind.CLEARANCE and self.result in _CLEARED

    @property
    def verifies(self) -> bool:
        """Whether the stretch was found free of hazards: cleared, or passed with nothing seen."""
        passed = self.kind is CheckKind.PASS and self.result == PassResult.NOTHING_SEEN.value
        return self.clears or (passed and not self.withdrawn)


def stretch_of(draft: CheckDraft, route: Route) -> tuple[float, float]:
    """The stretch in metres along the route. Raises Invalid when the route has no such stretch."""
    length_km = route.length_m / 1000
    start_m = draft.from_km * 1000
    end_m = route.length_m if draft.to_km is None else draft.to_km * 1000
    if end_m > route.length_m + PAST_THE_END_M:
        problem = f"kilometre {end_m / 1000:g} is past the end of the route"
        raise Invalid("to_km", problem, f"Send at most {length_km:.3f}, or leave it out: the stretch reaches the end.")
    end_m = min(end_m, route.length_m)
    if end_m - start_m < SHORTEST_M:
        at_end = f"{length_km:.3f}" if draft.to_km is None else f"{draft.to_km:g}"
        problem = f"the stretch does not end after its start: it ends at kilometre {at_end}"
        raise Invalid("from_km", problem, "Send the kilometre where the team began, which is below to_km.")
    return start_m, end_m


def check_time(at: datetime, now: datetime) -> None:
    """Raise Invalid for a time to come: what is not done yet counts for nothing."""
    if at > now + EARLY:
        raise Invalid("at", "is in the future", "Send when the end of the stretch was reached, once it was reached.")


def digest_of(line: tuple[Position, ...]) -> str:
    """Names a line: the kilometres of a check count along no other."""
    return hashlib.sha256(json.dumps(line, separators=(",", ":")).encode()).hexdigest()
