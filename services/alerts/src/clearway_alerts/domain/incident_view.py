"""What alerts need to know of an incident at one revision."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from clearway_contracts.handling import MOST_RESTRICTED, Handling, higher_classification, higher_tlp
from clearway_contracts.vocabulary import (
    Category,
    Classification,
    ClearanceState,
    HazardState,
    InfoCredibility,
    Outcome,
    SourceReliability,
    Status,
    Tlp,
)


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident at one revision. Degrees WGS-84, metres; `killed_high` and `injured_high` are upper bounds.

    `earliest` and `latest` are the span that certainly contains the moment. `by_one_person`: the principal that claimed
    the clearance confirmed it too. `taken_back`: this revision took a verification back. `is_imported`: all of its
    reports came through an import. `classification` is None where it is not known: then it counts as the highest.
    `chainage_m` is the distance along the route from its start.
    """

    mission: str
    incident_id: UUID
    revision: int
    exercise: bool
    status: Status
    category: Category
    outcome: Outcome
    hazard_state: HazardState
    longitude: float
    latitude: float
    uncertainty_m: float
    place_name: str | None
    earliest: datetime
    latest: datetime
    occurred_at: datetime | None
    killed_high: int
    injured_high: int
    reliability: SourceReliability
    credibility: InfoCredibility
    tlp: Tlp
    merged_into: UUID | None = None
    clearance: ClearanceState | None = None
    by_one_person: bool = False
    taken_back: bool = False
    is_imported: bool = False
    classification: Classification | None = None
    releasable_to: tuple[str, ...] = ()

    @property
    def handling(self) -> Handling:
        """To whom it may go."""
        if self.classification is None:
            return MOST_RESTRICTED
        return Handling(self.tlp, self.classification, self.releasable_to)

    def marked_since(self, present: "IncidentView") -> "IncidentView":
        """With the higher marks of the two: what it is marked now holds for its past, too."""
        if present.classification is None or self.classification is None:
            return replace(self, tlp=higher_tlp(self.tlp, present.tlp), classification=None)
        return replace(
            self,
            tlp=higher_tlp(self.tlp, present.tlp),
            classification=higher_classification(self.classification, present.classification),
            releasable_to=present.releasable_to or self.releasable_to,
        )

    mgrs: str | None = None
    route_id: UUID | None = None
    chainage_m: float | None = None
