"""What an incident tells about the roads near it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

# What is no explosive hazard, and what turned out to be none, says nothing about where the next one will be.
NO_HAZARD_CATEGORIES: Final = frozenset({"other"})
NO_HAZARD_OUTCOMES: Final = frozenset({"hoax", "false_alarm"})


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One revision of an incident, reduced to what the model uses.

    occurred: the moment where it is known, else the middle of its span, and never after it was recorded.
    uncertainty_m: radius of the circle that holds the true place with 90 %.
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

    def weight(self, status_weights: Mapping[str, float]) -> float:
        """v, from 0 to 1: how far it is believed, and 0 where it is no hazard.

        Unknown category and unknown outcome count, because ruling them out would be a guess on the dangerous side.
        A cleared hazard counts: what was found once near a road is what announces the next. Exercises never count.
        """
        if self.exercise or self.category in NO_HAZARD_CATEGORIES or self.outcome in NO_HAZARD_OUTCOMES:
            return 0.0
        return status_weights.get(self.status, 0.0)
