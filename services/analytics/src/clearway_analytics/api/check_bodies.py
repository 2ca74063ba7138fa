"""The bodies of requests and answers about clearances and passes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from clearway_analytics.api.bodies import Name
from clearway_analytics.domain.check import Check, CheckDraft, CheckKind, digest_of
from clearway_analytics.domain.coverage import Verified
from clearway_analytics.domain.route import Route
from clearway_contracts.envelope import Utc
from clearway_contracts.route_vocabulary import PassKind, PassResult, SearchMethod, SearchResult
from clearway_platform.forms import BoundedForm

LONGEST_KM: Final = 2_100.0
_TEXT: Final = r"^[^\x00]*$"
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_TEXT)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000, pattern=_TEXT)]


class _CheckForm(BoundedForm):
    from_km: float = Field(default=0.0, ge=0, le=LONGEST_KM, description="Where the stretch begins, along the line.")
    to_km: float | None = Field(
        default=None, gt=0, le=LONGEST_KM, description="Where it ends; null: at the end of the line."
    )
    at: Utc = Field(description="When the end of the stretch was reached.")
    organisation: Name = Field(description="Who did it.", examples=["Mine Action Centre"])
    note: Note = ""

    def _draft(self, kind: CheckKind, way: str, result: str, items_found: int | None = None) -> CheckDraft:
        return CheckDraft(
            kind, self.from_km, self.to_km, self.at, self.organisation, way, result, items_found, self.note
        )


class RouteClearanceBody(_CheckForm):
    """A stretch that was searched for hazards."""

    method: SearchMethod = SearchMethod.UNKNOWN
    result: SearchResult = Field(
        description="`nothing_found` and `found_and_cleared` leave nothing on the stretch of what was there before; "
        "the other two leave the risk as it is."
    )
    items_found: int | None = Field(default=None, ge=0, le=100_000, description="Null: not known.")

    def draft(self) -> CheckDraft:
        return self._draft(CheckKind.CLEARANCE, self.method.value, self.result.value, self.items_found)


class RoutePassBody(_CheckForm):
    """A stretch that was taken."""

    kind: PassKind = PassKind.UNKNOWN
    result: PassResult = Field(description="Only `nothing_seen` verifies the stretch.")

    def draft(self) -> CheckDraft:
        return self._draft(CheckKind.PASS, self.kind.value, self.result.value)


class RouteClearanceCorrection(RouteClearanceBody):
    """A clearance as it should have been recorded, whole."""

    reason: Reason = Field(description="Why it is corrected. It stays on record.")


class RoutePassCorrection(RoutePassBody):
    """A pass as it should have been recorded, whole."""

    reason: Reason = Field(description="Why it is corrected. It stays on record.")


class CheckWithdrawal(BoundedForm):
    """Why a clearance or a pass counts for nothing."""

    reason: Reason = Field(description="It stays on record.")


class _CheckView(BaseModel):
    route_id: UUID
    revision: int = Field(description="Its ETag.")
    from_km: float
    to_km: float
    at: datetime
    organisation: str
    note: str
    route_revision: int = Field(description="The revision of the route along whose line the kilometres count.")
    on_present_line: bool = Field(description="False: the route was redrawn since, and this counts for nothing.")
    verifies: bool = Field(description="Whether it says that the stretch is free of hazards.")
    recorded_by: str
    recorded_at: datetime
    withdrawn: bool
    reason: str | None = Field(description="Why it was corrected or withdrawn.")

    @classmethod
    def _common(cls, check: Check, route: Route) -> dict[str, Any]:
        own = {name: getattr(check, name) for name in cls.model_fields if hasattr(check, name)}
        on_line = check.line_digest == digest_of(route.line)
        return own | {
            "from_km": kilometre(check.start_m),
            "to_km": kilometre(check.end_m),
            "on_present_line": on_line,
            "verifies": check.verifies and on_line,
        }


class ClearanceView(_CheckView):
    """A clearance at one revision."""

    clearance_id: UUID
    method: SearchMethod
    result: SearchResult
    items_found: int | None

    @classmethod
    def of(cls, check: Check, route: Route) -> Self:
        return cls.model_validate(cls._common(check, route) | {"clearance_id": check.check_id, "method": check.way})


class PassView(_CheckView):
    """A pass at one revision."""

    pass_id: UUID
    kind: PassKind
    result: PassResult

    @classmethod
    def of(cls, check: Check, route: Route) -> Self:
        return cls.model_validate(cls._common(check, route) | {"pass_id": check.check_id, "kind": check.way})


class VerifiedStretch(BaseModel):
    """A stretch of a route and the last check that verified it. Without one all of these are null, and the stretch was
    never verified."""

    from_km: float
    to_km: float
    verified_at: datetime | None
    age_days: float | None
    by: str | None = Field(description="The organisation.")
    check: CheckKind | None
    check_id: UUID | None
    text: str = Field(examples=["km 0.0–14.0 verified 3 days ago by Mine Action Centre"])

    @classmethod
    def of(cls, verified: Verified, now: datetime) -> Self:
        check = verified.check
        return cls(
            from_km=kilometre(verified.start_m),
            to_km=kilometre(verified.end_m),
            verified_at=check and check.at,
            age_days=check and max(0.0, (now - check.at).total_seconds() / 86_400),
            by=check and check.organisation,
            check=check and check.kind,
            check_id=check and check.check_id,
            text=sentence(verified, now),
        )


class VerifiedStretches(BaseModel):
    """A route from its start to its end, by the last check of each stretch."""

    route_id: UUID
    as_of: datetime
    last_checked_at: datetime | None = Field(
        description="Since when the whole route is verified: the oldest of these checks. Null while a stretch was "
        "never verified."
    )
    stretches: list[VerifiedStretch]


def kilometre(metres: float) -> float:
    return round(metres / 1000, 3)


def sentence(verified: Verified, now: datetime) -> str:
    """The stretch in words: by whom and how long ago it was verified."""
    where = f"km {verified.start_m / 1000:.1f}–{verified.end_m / 1000:.1f}"
    check = verified.check
    if check is None:
        return f"{where} not verified: no clearance or pass of it is on record"
    done = "verified" if check.kind is CheckKind.CLEARANCE else "passed, nothing seen,"
    return f"{where} {done} {age(check.at, now)} by {check.organisation}"


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the unit that people say: minutes, hours or days."""
    minutes = max(0, int((now - then).total_seconds() // 60))
    number, unit = (
        next((minutes // size, unit) for size, unit in ((1_440, "day"), (60, "hour"), (1, "minute")) if minutes >= size)
        if minutes
        else (0, "minute")
    )
    return f"{number} {unit}{'' if number == 1 else 's'} ago"
