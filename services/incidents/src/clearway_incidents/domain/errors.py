"""Why the domain refuses a command. The interface turns each kind into its status code."""

from __future__ import annotations

from uuid import UUID


class Refusal(Exception):
    """Base of the refusals: what is wrong, and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")
        self.problem = problem
        self.remedy = remedy


class InvalidFact(Refusal):
    """A fact contradicts itself or another one. `field` is its dotted name."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.field = field


class NotNow(Refusal):
    """The incident's present state does not allow the command."""


class NotYours(Refusal):
    """This principal may not give the command, although its role may."""


class UnknownIncident(Refusal):
    """There is no such incident in the mission. `field` names where it was given, None for the address itself."""

    def __init__(self, incident_id: UUID, field: str | None = None) -> None:
        super().__init__(f"there is no incident {incident_id} in your mission", "Check the id.")
        self.incident_id = incident_id
        self.field = field


class StaleRevision(Refusal):
    """Someone else changed the incident first; it is now at revision `current`."""

    def __init__(self, current: int) -> None:
        super().__init__(
            f"the incident is now at revision {current}", "Read it again, and repeat the change if it holds."
        )
        self.current = current
