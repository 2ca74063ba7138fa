"""The bodies of the commands of an incident's life."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from clearway_contracts.vocabulary import HazardState, RetractionReason
from clearway_incidents.api.texts import Form, Reason, Text
from clearway_incidents.domain.merging import CasualtiesOf

Note = Annotated[Text | None, Field(description="A note for the history.")]


class NoteBody(Form):
    """An optional note for the history."""

    reason: Note = None


class ReasonBody(Form):
    reason: Reason


class CloseBody(Form):
    """Closing needs a reason while the hazard is neither cleared nor none."""

    override_reason: Reason | None = None


class HazardBody(Form):
    hazard_state: HazardState
    reason: Note = None


class RetractBody(Form):
    """Final: every subscription that received an alert receives the cancellation. To correct a fact, use PATCH."""

    reason: RetractionReason
    note: Note = None


class MergeBody(Form):
    """The incident of the address becomes an alias of the survivor."""

    survivor_id: UUID
    casualties: CasualtiesOf = Field(
        default=CasualtiesOf.SURVIVOR, description="Whose figures the survivor keeps. They are chosen, never summed."
    )
    reason: Note = None
