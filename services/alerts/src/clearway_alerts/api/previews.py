"""What a subscription would send, before it is made."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from clearway_alerts.api.dependencies import Subscriber, Wired
from clearway_alerts.domain.alert import KIND, DecisionKind
from clearway_alerts.domain.replay import WouldTell
from clearway_alerts.domain.severity import headline, severity
from clearway_alerts.filter_form import FilterForm, Form
from clearway_alerts.queries.preview import MOST_SHOWN, Preview
from clearway_contracts.vocabulary import AlertKind, Severity
from clearway_platform.web.moments import A_DATE, FromTime, UntilTime
from clearway_platform.web.routing import Router

router: Final = Router(prefix="/v1/subscription-previews", tags=["Subscriptions"])


class PreviewBody(Form):
    """A filter, and the time to look at: the last 30 days without it, 92 days at most."""

    filter: FilterForm
    since: Annotated[FromTime | None, Field(alias="from", description=f"Where the time begins. {A_DATE}")] = None
    until: Annotated[UntilTime | None, Field(alias="to", description="Where it ends: without it, now.")] = None


class DecisionCount(BaseModel):
    decision: DecisionKind
    count: int


class PreviewedAlert(BaseModel):
    """The last alert that would have been sent about an incident."""

    incident_id: UUID
    incident_revision: int
    kind: AlertKind
    reason: str
    severity: Severity
    headline: str
    at: datetime

    @classmethod
    def of(cls, found: WouldTell, kind: AlertKind) -> "PreviewedAlert":
        return cls(
            incident_id=found.incident.incident_id,
            incident_revision=found.incident.revision,
            kind=kind,
            reason=found.decision.reason,
            severity=severity(found.incident),
            headline=headline(found.incident),
            at=found.at,
        )


class PreviewView(BaseModel):
    """What a subscription with this filter would have sent, had it been made when the time began. Incidents that this
    key may not read whole are not counted, nor are silent sources; they warn all the same."""

    model_config = ConfigDict(populate_by_name=True)

    since: datetime = Field(alias="from")
    until: datetime = Field(alias="to")
    alerts: int = Field(description="So many alerts would have been sent.")
    decisions: list[DecisionCount] = Field(
        description="All that would have been decided, also why there would have been no alert: not_news, no_matter, "
        "outside."
    )
    newest: list[PreviewedAlert] = Field(
        description=f"The last alert about each incident, the newest {MOST_SHOWN} of them."
    )
    standing: int = Field(
        description="So many hazards stand inside the filter at the end: a subscription that is made then is told of "
        "them at once, of more than ten in one digest."
    )
    complete: bool = Field(
        description="False when the mission has more in this time than is looked at: then the oldest is left out, and "
        "the numbers are too low. Ask for a shorter time."
    )

    @classmethod
    def of(cls, found: Preview) -> "PreviewView":
        counts = {decision: found.decisions[decision] for decision in DecisionKind if found.decisions.get(decision)}
        return cls(
            since=found.since,
            until=found.until,
            alerts=sum(count for decision, count in counts.items() if decision in KIND),
            decisions=[DecisionCount(decision=decision, count=count) for decision, count in counts.items()],
            newest=[PreviewedAlert.of(one, one.decision.alert_kind) for one in found.newest if one.decision.alert_kind],
            standing=found.standing,
            complete=found.is_whole,
        )


@router.post("", operation_id="subscriptions.preview", summary="Try out a filter")
async def preview_subscription(body: PreviewBody, principal: Subscriber, wiring: Wired) -> PreviewView:
    """How many alerts a filter would have raised lately, by the same rules that warn, and what stands inside it now.
    Nothing is stored and nothing is sent."""
    found = await wiring.previews.of(principal, body.filter.to_domain(), body.since, body.until)
    return PreviewView.of(found)
