"""What the interface takes and gives of risk parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from clearway_analytics.commands.change_parameters import ParametersDraft
from clearway_analytics.domain.revision import ParametersState
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.queries.parameters import Hint, Progress
from clearway_analytics.risk.comparison import RouteComparison, Summary
from clearway_analytics.risk.parameters import LONGEST_DECAY_DAYS, SHORTEST_DECAY_DAYS, TRAILING_DAYS, Parameters
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.web.pages import Page

_TEXT: Final = r"^[^\x00]*$"
Weight = Annotated[float, Field(ge=0, le=1)]
Limit = Annotated[float | None, Field(default=None, gt=0, le=100)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_TEXT)]


class BandLimitsForm(BaseModel):
    """Expected incidents at which each word begins, over the horizon. What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    elevated: Limit
    high: Limit
    severe: Limit
    sufficient_sample: float | None = Field(
        default=None, ge=1, le=1_000, description="Effective incidents below which a low risk is called low data."
    )


class StatusWeightsForm(BaseModel):
    """How far an incident of each status is believed. What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    verified: Weight | None = None
    closed: Weight | None = None
    under_review: Weight | None = None
    reported: Weight | None = None
    disputed: Weight | None = None


class ParametersProposal(BaseModel):
    """Parameters that start from a preset, or from those in use, with the values that differ."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(description="Why they are to change. It stays on record.")
    preset: Literal["sparse", "dense"] | None = Field(
        default=None,
        description="`sparse`: at most two incidents a day; `dense`: ten or more. Null: start from those in use.",
    )
    name: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=_TEXT)] | None
    ) = Field(default=None, description="What answers show; by default the preset's name, or `custom`.")
    scales_m: list[Annotated[float, Field(ge=10, le=100_000)]] | None = Field(
        default=None, min_length=1, max_length=8, description="Standard deviations of the spatial kernels, metres."
    )
    shares: list[Annotated[float, Field(ge=0, le=2)]] | None = Field(
        default=None, min_length=1, max_length=8, description="Further incidents that one announces, per kernel."
    )
    decay_days: float | None = Field(
        default=None,
        ge=SHORTEST_DECAY_DAYS,
        le=LONGEST_DECAY_DAYS,
        description="After so many days an incident announces 1/e of what it did.",
    )
    background_per_km2_day: float | None = Field(
        default=None, gt=0, le=1, description="Incidents that nothing announces, per km² and day."
    )
    status_weights: StatusWeightsForm | None = None
    bands: BandLimitsForm | None = None
    horizon_days: float | None = Field(default=None, ge=1, le=90, description="The horizon of bands and announcements.")
    interval_level: float | None = Field(default=None, ge=0.5, le=0.99, description="Coverage of the stated interval.")

    def draft(self) -> ParametersDraft:
        sent = self.model_dump(exclude_none=True, exclude={"reason", "preset", "name", "bands", "status_weights"})
        return ParametersDraft(
            reason=self.reason,
            preset=self.preset,
            name=self.name,
            changes={name: tuple(value) if isinstance(value, list) else value for name, value in sent.items()},
            bands=_sent(self.bands),
            status_weights=_sent(self.status_weights),
        )


class ParametersDiscard(BaseModel):
    """Why a proposal is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(description="It stays on record.")


class ParametersView(BaseModel):
    """A revision of a mission's risk parameters. Its ETag changes with its state."""

    parameters_id: UUID
    revision: int
    state: ParametersState = Field(
        description="`rebuilding`: the risks by them are being computed beside those in use; `compared`: a person "
        "decides; `current`: in use; `superseded`: was in use; `discarded`: was never used."
    )
    parameters: Parameters
    reason: str
    proposed_by: str | None = Field(description="Null: the mission began with them.")
    proposed_at: datetime | None
    decided_by: str | None = Field(description="Who activated or discarded them.")
    decided_at: datetime | None
    decision_reason: str | None = Field(description="Why they were discarded.")
    compared_at: datetime | None = Field(description="The moment of the comparison.")
    summary: Summary | None = Field(description="The comparison of all routes; null until it was made.")

    @classmethod
    def of(cls, revision: ParametersRevision) -> Self:
        return cls(**_described(revision))


class ProgressView(BaseModel):
    """How far the computation is: incidents of the mission, and those that are counted already."""

    incidents: int
    done: int


class ParametersDetail(ParametersView):
    """A revision with its progress."""

    progress: ProgressView | None = Field(description="Null when it is decided.")

    @classmethod
    def detailed(cls, revision: ParametersRevision, progress: Progress | None) -> Self:
        view = None if progress is None else ProgressView(incidents=progress.incidents, done=progress.done)
        return cls(**_described(revision), progress=view)


class HintView(BaseModel):
    """What the mission's record speaks for. It changes nothing: a person proposes and activates."""

    incidents_per_day: float = Field(description=f"Over the trailing {TRAILING_DAYS:g} days.")
    suggested: Literal["sparse", "dense"] | None = Field(
        description="Null: those in use fit, or the rate is between two and ten a day."
    )


class ParametersPage(Page[ParametersView]):
    """A mission's revisions, the newest first."""

    hint: HintView

    @classmethod
    def hinted(cls, items: list[ParametersView], following: str | None, hint: Hint) -> Self:
        view = HintView.model_validate({"incidents_per_day": hint.incidents_per_day, "suggested": hint.suggested})
        return cls(items=items, next=following, hint=view)


class RouteComparisonView(BaseModel):
    """One route by the parameters in use and by those proposed."""

    route_id: UUID
    name: str
    expected_events_before: float = Field(description="Over the horizon of the parameters in use.")
    expected_events_after: float = Field(description="Over the same horizon.")
    factor: float = Field(description="After divided by before.")
    band_before: RiskBand
    band_after: RiskBand

    @classmethod
    def of(cls, name: str, comparison: RouteComparison) -> Self:
        return cls(
            route_id=comparison.route_id,
            name=name,
            expected_events_before=comparison.events_before,
            expected_events_after=comparison.events_after,
            factor=comparison.factor,
            band_before=comparison.band_before,
            band_after=comparison.band_after,
        )


class ComparisonView(Page[RouteComparisonView]):
    """What the proposed parameters change: all routes in short, and each route, those that change most first."""

    parameters_id: UUID
    compared_at: datetime
    summary: Summary


def _described(revision: ParametersRevision) -> dict[str, Any]:
    return {name: getattr(revision, name) for name in ParametersView.model_fields}


def _sent(form: BaseModel | None) -> dict[str, Any]:
    return {} if form is None else form.model_dump(exclude_none=True)
