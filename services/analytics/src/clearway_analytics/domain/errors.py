"""Why this service refuses what is asked."""

from clearway_platform.refusals import Conflict, Invalid, NotFound


class NoSuchRoute(NotFound):
    """The mission has no live route of that id."""

    noun = "route"


class NoSuchParameters(NotFound):
    """The mission has no risk parameters of that id."""

    noun = "set of risk parameters"


class InvalidParameters(Invalid):
    """Risk parameters that the model cannot use."""


class ProposalOpen(Conflict):
    """Another proposal of the mission waits for its decision."""

    detail = (
        "Another proposal of this mission is not decided yet: activate or discard it first. "
        "GET /v1/risk-parameters lists it."
    )


class AlreadyInUse(Conflict):
    """What is proposed is what is in use."""

    detail = "These are the parameters in use. Propose values that differ from them."


class NotCompared(Conflict):
    """A proposal whose risks are not computed yet cannot be activated."""

    detail = (
        "The risks by these parameters are still being computed. Wait until the state is `compared`, read the "
        "comparison, then activate."
    )


class NeverCompared(Conflict):
    """A revision that was decided, or in use from the beginning, before a comparison was made."""

    detail = "There is no comparison of this revision: none was made before it was decided."


class AlreadyDecided(Conflict):
    """Revisions that are in use, superseded or discarded stay as they are."""

    detail = "This revision is decided already. To use its values again, propose them as a new revision."


class ComparisonOutdated(Conflict):
    """More incidents or routes changed since the comparison than can be added while the risks are exchanged."""

    detail = (
        "Many incidents or routes changed since the comparison, and it is being made again. Wait a minute, read the "
        "comparison again, then activate."
    )
