"""An incident as the risk model uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clearway_contracts.handling import MOST_RESTRICTED, Handling
from clearway_contracts.vocabulary import Classification, InfoCredibility, SourceReliability, Tlp

# An incident without an explosive hazard is no evidence of where the next one will be.
NO_HAZARD_CATEGORIES: Final = frozenset({"not_explosive"})
NO_HAZARD_OUTCOMES: Final = frozenset({"hoax", "false_alarm"})
CLEARING: Final = "clearance"
FOUND: Final = frozenset({"found_cleared", "found_marked", "found_not_cleared", "cache_recovered"})

# A hazard in one of these states is still there, and a report of one of these statuses does not speak for it any more.
STANDING_STATES: Final = frozenset({"active", "suspected", "marked"})
ENDED_STATUSES: Final = frozenset({"retracted", "merged", "closed"})

# A closed incident was verified before.
VERIFIED_STATUSES: Final = frozenset({"verified", "closed"})


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One revision of an incident, reduced to the fields of the model.

    occurred: the moment if it is known, else the middle of its span, and never later than the record.
    uncertainty_m: the radius of the circle that contains the true location with a probability of 90 %.
    source_reliability, info_credibility: the grades; None when they are not known.
    latest: the end of its span, where that is known. updated_at: when this revision was recorded.
    tlp, classification, releasable_to: its marks; None where they are not known.
    """

    mission: str
    incident_id: UUID
    revision: int
    occurred: datetime
    longitude: float
    latitude: float
    uncertainty_m: float
    category: str
    outcome: str
    hazard_state: str
    status: str
    exercise: bool
    source_reliability: str | None = None
    info_credibility: int | None = None
    activity: str = "unknown"
    latest: datetime | None = None
    updated_at: datetime | None = None
    tlp: str | None = None
    classification: str | None = None
    releasable_to: tuple[str, ...] | None = None

    @property
    def handling(self) -> Handling:
        """To whom it may go; where that is not known, as few as there are."""
        if self.tlp is None or self.classification is None:
            return MOST_RESTRICTED
        return Handling(Tlp(self.tlp), Classification(self.classification), self.releasable_to or ())

    @property
    def grade(self) -> str:
        """The Admiralty grade, source before information; F6 where it is not known."""
        reliability = self.source_reliability or SourceReliability.F
        return f"{reliability}{self.info_credibility or InfoCredibility.CANNOT_BE_JUDGED:d}"

    @property
    def present_until(self) -> datetime:
        """The last moment at which it may have been placed: a clearance before that cannot have taken it out."""
        return self.occurred if self.latest is None else max(self.occurred, self.latest)

    @property
    def found_by_search(self) -> bool:
        """Whether a clearing team found it: an attack on the team, or a find by chance, is not."""
        return self.activity == CLEARING and self.outcome in FOUND

    @property
    def stands(self) -> bool:
        """Whether it is a known hazard: one that is still there, however old the report and whatever its grade.

        The state decides, not the outcome: what is active was not found to be a hoax.
        """
        return (
            self.hazard_state in STANDING_STATES
            and self.status not in ENDED_STATUSES
            and self.category not in NO_HAZARD_CATEGORIES
            and not self.exercise
        )

    def weight(self, status_weights: Mapping[str, float], credibility_weights: Mapping[str, float]) -> float:
        """v, from 0 to 1: how far the incident is believed; 0 where there was no hazard.

        It is the weight of the status times that of the credibility, by their words. A verified report was believed
        already, whatever its grade. Without weights for credibility the status decides alone.

        An unknown category and an unknown outcome count: to guess that there was no hazard would be dangerous.
        A cleared hazard counts: after one was found near a road, the next is expected there. Exercises never count.
        What a clearing team finds says how well it searched, and not that the road got worse: searching more would
        else make every road look worse. While it stands it is a hazard all the same, outside of this weight.
        """
        if self.found_by_search:
            return 0.0
        if self.exercise or self.category in NO_HAZARD_CATEGORIES or self.outcome in NO_HAZARD_OUTCOMES:
            return 0.0
        weight = status_weights.get(self.status, 0.0)
        if self.status in VERIFIED_STATUSES or not credibility_weights:
            return weight
        return weight * credibility_weights[credibility_word(self.info_credibility)]


def credibility_word(grade: int | None) -> str:
    """The word of a credibility, as in `credibility_weights`; a grade that is not known is one that nobody gave."""
    return InfoCredibility(grade or InfoCredibility.CANNOT_BE_JUDGED).name.lower()
