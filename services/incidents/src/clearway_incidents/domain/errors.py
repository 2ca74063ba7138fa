"""Why the domain refuses a command. Each class says by its base what the API answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from clearway_platform.codes import Code
from clearway_platform.refusals import Conflict, Fault, Invalid, NotFound, NotYours, Refusal, RequestPart, StaleRevision

__all__ = [
    "IdTaken",
    "InvalidFact",
    "InvalidSearch",
    "NoPhotoStore",
    "NotAPhoto",
    "NotNow",
    "NotYours",
    "PartOfEdition",
    "PhotoInfected",
    "PhotosUnavailable",
    "ProposalDecided",
    "PublicNameTaken",
    "Refusal",
    "RuleIsFixed",
    "SentAtOnce",
    "StaleRevision",
    "TextDecided",
    "TextReplaced",
    "UnknownAttachment",
    "UnknownFeed",
    "UnknownHeldText",
    "UnknownIncident",
    "UnknownProposal",
    "UnknownPublication",
    "UnknownRevision",
    "UnknownRoute",
    "UnknownTile",
    "WordsNotReady",
]


class InvalidFact(Invalid):
    """A fact contradicts itself or another one. `place` is its dotted name."""

    def __init__(self, place: str, problem: str, remedy: str, *, part: RequestPart = "body") -> None:
        super().__init__(place, problem, remedy, part=part)


class InvalidSearch(Invalid):
    """What is searched for cannot be."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__("text", problem, remedy, part="query")


class WordsNotReady(Refusal):
    """Some incidents of the mission cannot be found by their words yet: a search would leave them out."""

    code = Code.UNAVAILABLE
    detail = (
        "The words of incidents that an older version of Clearway wrote are being indexed: a search would leave them "
        "out. Ask again in a few seconds, or without `text`."
    )

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class NotNow(Conflict):
    """The incident's present state does not allow the command."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")


class IdTaken(NotNow):
    """The id is that of an incident that was reported with other content."""

    def __init__(self, incident_id: object) -> None:
        super().__init__(
            f"the id {incident_id} is taken by a report of other content",
            "Make a new id for a new incident; correct an old one with PATCH.",
        )


class SentAtOnce(Refusal):
    """The same reports were sent by another request at the same moment."""

    code = Code.UNAVAILABLE
    detail = "Another request sent some of these reports at the same moment. Nothing was changed: send them again."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class PartOfEdition(Conflict):
    """The edition lacks so much of what is on record that it is hardly a whole one."""

    detail = (
        "The edition lacks more than a tenth of what is on record from its source: nothing is proposed. Send the names "
        "of the whole edition."
    )


class ProposalDecided(Conflict):
    """The proposal is not open any more."""

    detail = "The proposal is not open any more. Read it again: it says who decided, or that the row came back."


class TextDecided(Conflict):
    """The held text was released or removed already."""

    detail = "The held text was released or removed already. Read it again: it says who decided."


class TextReplaced(Conflict):
    """The incident says something else there by now."""

    detail = "The incident says something else there by now. Remove the held text, or correct the incident."


class UnknownHeldText(NotFound):
    """There is no such held text in the mission."""

    noun = "held text"


class NoPhotoStore(Conflict):
    """Photos are not kept in this installation."""

    detail = (
        "Photos are not kept here. The operator sets CLEARWAY_ATTACHMENTS to a folder or to s3://bucket/prefix. "
        "Reports are taken as always."
    )


class NotAPhoto(Refusal):
    """The content is not a photo that can be read. Nothing was kept."""

    code = Code.INVALID

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"The file {problem}. {remedy}", faults=[Fault("", problem, remedy)])


class PhotoInfected(NotAPhoto):
    """The scanner for viruses found something in it. Nothing was kept."""

    def __init__(self) -> None:
        super().__init__(
            "was refused by the scanner for viruses",
            "Do not pass it on. Take another photo, or ask the operator to look at the device that it comes from.",
        )


_RETRY_SECONDS: Final = 30


class PhotosUnavailable(Refusal):
    """A part that photos need does not answer now."""

    code = Code.UNAVAILABLE

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"{problem}. Send the request again later. Reports are taken as always.",
            headers={"Retry-After": str(_RETRY_SECONDS)},
        )


class UnknownAttachment(NotFound):
    """There is no such photo, or none that this key may see."""

    noun = "photo"


class RuleIsFixed(Conflict):
    """Editions were made: the fewest incidents, the grid and the region stay as they are."""

    detail = (
        "Editions were made by this rule, so fewest, grid and region stay as they are: two publications of one record "
        "by two rules could be compared. Send them as they are."
    )


class PublicNameTaken(Conflict):
    """Somebody publishes under this name already."""

    detail = "Somebody publishes under this name already. Choose another one."


class UnknownPublication(NotFound):
    """Nothing is published under this name."""

    def __init__(self) -> None:
        Refusal.__init__(self, "Nothing is published under this name. Check the address.")


class UnknownProposal(NotFound):
    """There is no such proposal in the mission."""

    noun = "proposal"


class UnknownIncident(NotFound):
    """There is no such incident in the mission."""

    noun = "incident"


class UnknownFeed(NotFound):
    """There is no such feed."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        Refusal.__init__(self, f"There is no feed {name!r}. There are: {', '.join(known)}.")


class UnknownTile(NotFound):
    """The map has no such tile at this zoom."""

    def __init__(self, zoom: int) -> None:
        Refusal.__init__(self, f"The map has no such tile: at zoom {zoom} columns and rows are 0 to {2**zoom - 1}.")


class UnknownRoute(Invalid):
    """There is no such route in the mission to find incidents along."""

    def __init__(self, route_id: object) -> None:
        super().__init__(
            "along",
            f"there is no route {route_id} in your mission",
            "Check the id; a route that was registered a moment ago is known within seconds.",
            part="query",
        )


class UnknownRevision(NotFound):
    """The incident has no such revision, or there is no such incident in the mission."""

    noun = "revision"
