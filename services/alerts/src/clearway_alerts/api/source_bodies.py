"""What the endpoints of watched sources take and answer."""

from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from clearway_alerts.api.bodies import ClauseView, DecisionView, Name
from clearway_alerts.commands.sources import NewSource
from clearway_alerts.domain.source import SourceState
from clearway_alerts.filter_form import Form
from clearway_alerts.storage.sources import read_source
from clearway_contracts.vocabulary import SourceKind


def _written_as_duration(value: Any) -> Any:
    """Pydantic by itself takes numbers and `6:00`, which are no `duration`."""
    if not isinstance(value, str) or not value.startswith("P"):
        raise ValueError("is no ISO 8601 duration such as PT6H or P2D")
    return value


QuietAfter: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_written_as_duration),
    Field(description="How long it may be quiet: an ISO 8601 duration from PT5M to P90D.", examples=["PT6H"]),
]


class SourceBody(Form):
    name: Name
    kind: SourceKind
    watches: Name = Field(
        description="What is listened for: of a reporting_cell the organisation that its reports name, of an import "
        "the system of its external references, of a consumer or a relay the name of the service.",
        examples=["Sector West"],
    )
    quiet_after: QuietAfter

    def wanted(self) -> NewSource:
        return NewSource(self.name, self.kind, self.watches, self.quiet_after)


class SourcePatch(Form):
    """What is left out stays as it is."""

    name: Name | None = None
    quiet_after: QuietAfter | None = None


class SourceView(BaseModel):
    source_id: UUID
    mission: str
    owner: str
    name: str
    kind: SourceKind
    watches: str
    quiet_after: timedelta
    state: SourceState = Field(description="Silent as long as its alert stands.")
    last_heard_at: datetime | None
    watched_since: datetime
    quiet_until: datetime = Field(description="It falls silent at this time, unless it is heard before.")
    revision: int = Field(description="Counts the changes by people. Send it as If-Match to change the source.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Any) -> "SourceView":
        source = read_source(row)
        shown = {name: row[name] for name in cls.model_fields if name in row}
        return cls(**shown, source_id=source.id, quiet_after=source.quiet_after, state=source.state)


class SourceExplanationView(BaseModel):
    """`decisions`: what was decided, and why, at each silence and each end of one. `clauses`: the
    filter as it is now."""

    source_id: UUID
    alerted: bool
    decisions: list[DecisionView]
    clauses: list[ClauseView]
