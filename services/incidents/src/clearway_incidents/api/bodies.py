"""The bodies of the commands of an incident's life."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from clearway_contracts.envelope import Utc
from clearway_contracts.vocabulary import ClearanceMethod, HazardState, RetractionReason
from clearway_incidents.api.texts import Form, Line, Name, Reason, Text
from clearway_incidents.domain.hazard import Claim
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


class ClearanceBody(Form):
    """Who did what so that the hazard is no more, when, and how far it reaches."""

    hazard_state: Literal[HazardState.CLEARED, HazardState.NONE] = Field(
        default=HazardState.CLEARED, description="What the hazard becomes when the clearance is confirmed."
    )
    organisation: Name = Field(description="That which cleared it.")
    method: ClearanceMethod
    at: Utc = Field(description="When it was cleared: not before the incident, and not in the future.")
    extent: Text | None = Field(default=None, description="What was cleared, such as the road between two points.")
    reference: Line | None = Field(default=None, description="The name of its certificate or report.")
    reason: Note = None

    def in_domain(self) -> Claim:
        return Claim(
            HazardState(self.hazard_state), self.organisation, self.method, self.at, self.extent, self.reference
        )


class ConfirmationBody(Form):
    """The claimant needs `override_reason`, which everyone sees; it is for offices without a second verifier."""

    override_reason: Reason | None = None
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
