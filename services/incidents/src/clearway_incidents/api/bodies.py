"""What the commands of the life take."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from clearway_contracts.vocabulary import HazardState, RetractionReason
from clearway_incidents.api.texts import Form, Reason, Text
from clearway_incidents.domain.merging import CasualtiesOf

Note = Annotated[Text | None, Field(description="A note for the history.")]


class NoteBody(Form):
    """Optional words for the history."""

    reason: Note = None


class ReasonBody(Form):
    reason: Reason


class CloseBody(Form):
    """While the hazard is neither cleared nor none, closing needs the reason for doing so all the same."""

    override_reason: Reason | None = None


class HazardBody(Form):
    hazard_state: HazardState
    reason: Note = None


class RetractBody(Form):
    """Final: everyone who was warned is told. To correct a fact, use PATCH instead."""

    reason: RetractionReason
    note: Note = None


class MergeBody(Form):
    """The incident of the address becomes an alias of the survivor."""

    survivor_id: UUID
    casualties: CasualtiesOf = Field(
        default=CasualtiesOf.SURVIVOR, description="Whose figures hold: they are chosen, never summed."
    )
    reason: Note = None
