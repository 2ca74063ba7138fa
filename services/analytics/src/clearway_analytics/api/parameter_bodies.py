"""The bodies of requests and answers about risk parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from clearway_analytics.commands.change_parameters import ParametersDraft
from clearway_analytics.domain.revision import ParametersState
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.queries.parameters import Hint, Progress
from clearway_analytics.risk.comparison import RouteComparison, Summary
from clearway_analytics.risk.parameters import LONGEST_DECAY_DAYS, SHORTEST_DECAY_DAYS, Parameters, Preset
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.forms import BoundedForm
from clearway_platform.web.pages import Page

_TEXT: Final = r"^[^\x00]*$"
Weight = Annotated[float, Field(ge=0, le=1)]
BandLimit = Annotated[float | None, Field(default=None, gt=0, le=100)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_TEXT)]


class BandLimitsForm(BoundedForm):
    """Expected incidents over the horizon from which each band applies. A limit that is left out stays."""

    elevated: BandLimit
    high: BandLimit
    severe: BandLimit
    sufficient_sample: float | None = Field(
        default=None, ge=1, le=1_000, description="Decayed incidents within 2.5 km below which a low risk is low data."
    )


class StatusWeightsForm(BoundedForm):
    """The weight of an incident of each status. A weight that is left out stays."""

    verified: Weight | None = None
    closed: Weight | None = None
    under_review: Weight | None = None
    reported: Weight | None = None
    disputed: Weight | None = None


class CredibilityWeightsForm(BoundedForm):
    """The weight of an incident by the credibility of its information, 1 to 6. A weight that is left out stays."""

    confirmed: Weight | None = None
    probably_true: Weight | None = None
    possibly_true: Weight | None = None
    doubtful: Weight | None = None
    improbable: Weight | None = None
    cannot_be_judged: Weight | None = None


class ParametersProposal(BoundedForm):
    """Proposed parameters: a preset, or those in use, with the values that differ."""

    reason: Reason = Field(description="The reason for the change. It stays on record.")
    preset: Preset | None = Field(
        default=None,
        description="`sparse`: at most two incidents a day; `dense`: ten or more. Null: those in use.",
    )
    name: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=_TEXT)] | None
    ) = Field(default=None, description="The name in answers; by default that of the preset, or `custom`.")
    scales_m: list[Annotated[float, Field(ge=10, le=100_000)]] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        fail_fast=True,
        description="Standard deviations of the spatial kernels, metres.",
    )
    shares: list[Annotated[float, Field(ge=0, le=2)]] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        fail_fast=True,
        description="Expected further incidents after one incident, for each kernel.",
    )
    decay_days: float | None = Field(
        default=None,
        ge=SHORTEST_DECAY_DAYS,
        le=LONGEST_DECAY_DAYS,
        description="After this many days an incident has 1/e of its first effect.",
    )
    background_per_km2_day: float | None = Field(
        default=None, gt=0, le=1, description="Incidents per km² and day where no earlier incident is near."
    )
    status_weights: StatusWeightsForm | None = None
    credibility_weights: CredibilityWeightsForm | None = Field(
        default=None, description="They multiply the weight of the status; what is verified is not graded again."
    )
    bands: BandLimitsForm | None = None
    horizon_days: float | None = Field(
        default=None, ge=1, le=90, description="The horizon, in days, of bands and published risks."
    )
    interval_level: float | None = Field(default=None, ge=0.5, le=0.99, description="Coverage of the stated interval.")

    def draft(self) -> ParametersDraft:
        own = {"reason", "preset", "name", "bands", "status_weights", "credibility_weights"}
        sent = self.model_dump(exclude_none=True, exclude=own)
        return ParametersDraft(
            reason=self.reason,
            preset=self.preset,
            name=self.name,
            changes={name: tuple(value) if isinstance(value, list) else value for name, value in sent.items()},
            bands=_sent(self.bands),
            status_weights=_sent(self.status_weights),
            credibility_weights=_sent(self.credibility_weights),
        )


class ParametersDiscard(BoundedForm):
    """Why a proposal is given up."""

    reason: Reason = Field(description="It stays on record.")


class ParametersView(BaseModel):
    """A revision of a mission's risk parameters. Its ETag changes with its state."""

    parameters_id: UUID
    revision: int
    state: ParametersState = Field(
        description="`rebuilding`: the risks with these parameters are being computed; `compared`: they are computed, "
        "and a person decides; `current`: in use; `superseded`: was in use; `discarded`: was never used."
    )
    parameters: Parameters
    reason: str
    proposed_by: str | None = Field(description="Null: the mission began with them, or nobody asked for them.")
    proposed_at: datetime | None
    decided_by: str | None = Field(description="The key that activated or discarded them; null: nobody.")
    decided_at: datetime | None
    decision_reason: str | None = Field(description="Why they were discarded.")
    compared_at: datetime | None = Field(description="The moment of the comparison.")
    summary: Summary | None = Field(description="The comparison of all routes; null until there is one.")

    @classmethod
    def of(cls, revision: ParametersRevision) -> Self:
        return cls(**_described(revision))


class ParametersDetail(ParametersView):
    """A revision with the progress of its rebuild."""

    progress: Progress | None = Field(description="Null when the revision is decided.")

    @classmethod
    def detailed(cls, revision: ParametersRevision, progress: Progress | None) -> Self:
        return cls(**_described(revision), progress=progress)


class ParametersPage(Page[ParametersView]):
    """A mission's revisions, the newest first."""

    hint: Hint


class RouteComparisonView(BaseModel):
    """One route with the parameters in use and with those proposed."""

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
    """The effect of the proposed parameters: a summary of all routes, and each route, the largest change first."""

    parameters_id: UUID
    compared_at: datetime
    summary: Summary


def _described(revision: ParametersRevision) -> dict[str, Any]:
    return {name: getattr(revision, name) for name in ParametersView.model_fields}


def _sent(form: BaseModel | None) -> dict[str, Any]:
    return {} if form is None else form.model_dump(exclude_none=True)
