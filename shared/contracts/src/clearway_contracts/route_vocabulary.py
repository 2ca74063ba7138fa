"""The words for what is done for routes, and for contaminated areas."""

from enum import StrEnum


class SearchMethod(StrEnum):
    """How a stretch of a route was searched, in the coarsest words."""

    VISUAL = "visual"
    DETECTOR = "detector"
    DOGS = "dogs"
    MECHANICAL = "mechanical"
    COMBINED = "combined"
    OTHER = "other"
    UNKNOWN = "unknown"


class SearchResult(StrEnum):
    """What a search of a stretch came to. After the first two nothing that was found is left on it."""

    NOTHING_FOUND = "nothing_found"
    FOUND_AND_CLEARED = "found_and_cleared"
    FOUND_NOT_CLEARED = "found_not_cleared"
    INCOMPLETE = "incomplete"


class PassKind(StrEnum):
    """Who took the route."""

    PATROL = "patrol"
    CONVOY = "convoy"
    ESCORT = "escort"
    CIVILIAN = "civilian"
    OTHER = "other"
    UNKNOWN = "unknown"


class PassResult(StrEnum):
    """What was met on the way."""

    NOTHING_SEEN = "nothing_seen"
    SIGNS_SEEN = "signs_seen"
    INCIDENT = "incident"
    TURNED_BACK = "turned_back"


class AreaStatus(StrEnum):
    """How sure it is that the area is contaminated."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
