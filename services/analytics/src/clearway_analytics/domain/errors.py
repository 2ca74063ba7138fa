"""The refusals of this service."""

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
    """The proposed parameters are those in use."""

    detail = "These are the parameters in use. Propose values that differ from them."


class NotCompared(Conflict):
    """A proposal cannot be activated before its risks are computed."""

    detail = (
        "The risks with these parameters are still being computed. Wait until the state is `compared`, read the "
        "comparison, then activate."
    )


class NeverCompared(Conflict):
    """Parameters that a mission began with, or that were discarded early, were compared with no others."""

    detail = (
        "There is no comparison of these parameters: the mission began with them, or they were discarded before one "
        "was made. GET /v1/risk-parameters lists those that have a `summary`."
    )


class AlreadyDecided(Conflict):
    """A revision that is in use, superseded or discarded cannot change."""

    detail = "This revision is decided already. To use its values again, propose them as a new revision."


class ComparisonOutdated(Conflict):
    """More incidents or routes changed since the comparison than an activation can add."""

    detail = (
        "Many incidents or routes changed since the comparison, and it is being updated. Wait a minute, read the "
        "comparison again, then activate."
    )


class NoSuchClearance(NotFound):
    """The route has no clearance of that id."""

    noun = "clearance of this route"


class NoSuchPass(NotFound):
    """The route has no pass of that id."""

    noun = "pass of this route"


class CheckWithdrawn(Conflict):
    """A clearance or pass that was withdrawn cannot change."""

    detail = "This was withdrawn, and counts for nothing. Record what was done anew."


class RouteRedrawn(Conflict):
    """The route's line is no longer the one along which the kilometres were counted."""

    detail = (
        "The route was redrawn since this was recorded, and its kilometres count along another line. Withdraw this, "
        "and record what was done with the kilometres of the present line."
    )


class NoSuchBriefing(NotFound):
    """The mission has no briefing of that id."""

    noun = "briefing"


class NoSuchArea(NotFound):
    """The mission has no contaminated area of that id."""

    noun = "contaminated area"


class AreaIsReleased(Conflict):
    """A contaminated area that was released cannot change."""

    detail = "This area was released. If the ground is contaminated again, register a new area."
