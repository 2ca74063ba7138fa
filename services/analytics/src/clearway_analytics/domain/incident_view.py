"""An incident as the risk model uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

# An incident without an explosive hazard is no evidence of where the next one will be.
NO_HAZARD_CATEGORIES: Final = frozenset({"other"})
NO_HAZARD_OUTCOMES: Final = frozenset({"hoax", "false_alarm"})


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One revision of an incident, reduced to the fields of the model.

    occurred: the moment if it is known, else the middle of its span, and never later than the record.
    uncertainty_m: the radius of the circle that contains the true location with a probability of 90 %.
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
        """v, from 0 to 1: how far the incident is believed; 0 where there was no hazard.

        An unknown category and an unknown outcome count: to guess that there was no hazard would be dangerous.
        A cleared hazard counts: after one was found near a road, the next is expected there. Exercises never count.
        """
        if self.exercise or self.category in NO_HAZARD_CATEGORIES or self.outcome in NO_HAZARD_OUTCOMES:
            return 0.0
        return status_weights.get(self.status, 0.0)
