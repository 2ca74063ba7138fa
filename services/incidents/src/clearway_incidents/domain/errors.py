"""Why the domain refuses a command. Each class says by its base what the API answers."""

from __future__ import annotations

from clearway_platform.refusals import Conflict, Invalid, NotFound, NotYours, Refusal, StaleRevision

__all__ = ["InvalidFact", "NotNow", "NotYours", "Refusal", "StaleRevision", "UnknownIncident", "UnknownRevision"]


class InvalidFact(Invalid):
    """A fact contradicts itself or another one. `place` is its dotted name."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(place, problem, remedy)


class NotNow(Conflict):
    """The incident's present state does not allow the command."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")


class UnknownIncident(NotFound):
    """There is no such incident in the mission."""

    noun = "incident"


class UnknownRevision(NotFound):
    """The incident has no such revision, or there is no such incident in the mission."""

    noun = "revision"
