"""An alert in words that a radio operator can read out: what happened, what stands, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from clearway_alerts.domain.severity import EXERCISE, NO_LONGER
from clearway_contracts.alert import AlertState
from clearway_contracts.vocabulary import AlertKind, Category, HazardState, Outcome

# A text that a person wrote is cut here: the whole message stays under 20 kB.
_MOST_OF_A_TEXT: Final = 200
_FIRST: Final[Mapping[AlertKind, str]] = {
    AlertKind.ISSUED: "WARNING",
    AlertKind.UPDATED: "CHANGED WARNING",
    AlertKind.RENEWED: "WARNING STILL STANDS",
    AlertKind.DOWNGRADED: "WARNING, LESS SEVERE",
    AlertKind.CANCELLED: "NO LONGER STANDS",
}
_WHAT: Final[Mapping[Category, str]] = {
    Category.IED: "IED",
    Category.UXO_ERW: "Unexploded ordnance",
    Category.UNKNOWN: "Explosive hazard",
}
_STANDS: Final[Mapping[HazardState, str]] = {
    HazardState.ACTIVE: "The hazard is active.",
    HazardState.SUSPECTED: "A hazard is suspected.",
    HazardState.MARKED: "The hazard is marked and still there.",
    HazardState.CLEARED: "The hazard is cleared.",
    HazardState.NONE: "No hazard is left.",
    HazardState.UNKNOWN: "It is not known whether a hazard is left.",
}
_TO_DO: Final[Mapping[HazardState, str]] = {
    HazardState.ACTIVE: "Keep away. Stop or take another route.",
    HazardState.SUSPECTED: "Keep away until it is confirmed or cleared.",
    HazardState.MARKED: "Keep outside the marking.",
    HazardState.CLEARED: "Go on with care.",
    HazardState.NONE: "Go on with care.",
    HazardState.UNKNOWN: "Take care. Report what you see.",
}
_WITHDRAWN: Final = "This warning is withdrawn. Other warnings of this place stand."
# The spelling alphabet of the ITU Radio Regulations, appendix 14, with figures in plain words.
_FIGURES: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LETTERS: Final = (
    *("Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima"),
    *("Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey"),
    *("X-ray", "Yankee", "Zulu"),
)
_SPOKEN: Final[Mapping[str, str]] = (
    {str(figure): word for figure, word in enumerate(_FIGURES)}
    | {letter[0]: letter for letter in _LETTERS}
    | {".": "decimal"}
)
# Zone and band, the square of 100 km, easting and northing; near the poles there is no zone.
_MGRS: Final = re.compile(r"(\d{0,2}[A-Z])([A-Z]{2})(\d*)")


def read_out(alert: AlertState) -> str:
    """One line for each thing to be said. Of an exercise this is said first, and last."""
    return "\n".join(_lines(alert))


def _lines(alert: AlertState) -> Iterator[str]:
    first = _FIRST[alert.kind]
    yield f"{EXERCISE}. {first}." if alert.exercise else f"{first}."
    yield from _of_incident(alert) if alert.source is None else _of_source(alert)
    if alert.exercise:
        yield f"{EXERCISE}: nothing has happened."


def _of_source(alert: AlertState) -> Iterator[str]:
    """The reason of such an alert is in words already, after its first word."""
    said = alert.reason.partition(": ")[2] or alert.headline
    yield f"{said[:1].upper()}{said[1:_MOST_OF_A_TEXT]}."
    if alert.kind is not AlertKind.CANCELLED:
        yield "Silence is not safety. Ask this source by another way."


def _of_incident(alert: AlertState) -> Iterator[str]:
    assert alert.category is not None
    assert alert.outcome is not None
    assert alert.hazard_state is not None
    yield f"{_what(alert.category)}, {_outcome(alert.outcome)}."
    if not _is_withdrawn(alert):
        yield _STANDS[alert.hazard_state]
    if alert.kind not in {AlertKind.ISSUED, AlertKind.RENEWED}:
        yield f"Because: {alert.reason.replace('_', ' ')[:_MOST_OF_A_TEXT]}."
    yield from _place(alert)
    if alert.occurred_at is not None:
        yield f"Time: {alert.occurred_at:%d %B %Y, %H%M} UTC."
    yield _WITHDRAWN if _is_withdrawn(alert) else _TO_DO[alert.hazard_state]


def _what(category: Category) -> str:
    return _WHAT.get(category, category.replace("_", " ").capitalize())


def _outcome(outcome: Outcome) -> str:
    return "what became of it is not known" if outcome is Outcome.UNKNOWN else outcome.replace("_", " ")


def _place(alert: AlertState) -> Iterator[str]:
    if alert.place_name:
        yield f"Near {alert.place_name[:_MOST_OF_A_TEXT]}."
    if alert.mgrs:
        yield from _grid(alert.mgrs)
    assert alert.point is not None
    assert alert.uncertainty_m is not None
    longitude, latitude = alert.point.coordinates
    yield f"Latitude {_degrees(latitude, 'north', 'south')}."
    yield f"Longitude {_degrees(longitude, 'east', 'west')}."
    yield f"The place is known {_within(alert.uncertainty_m)}."
    if alert.chainage_m is not None:
        kilometre = f"{alert.chainage_m / 1000:.1f}"
        yield f"On the route, kilometre {kilometre} from its start: {_spoken(kilometre)}."
    elif alert.route_id is not None:
        yield "On a registered route."


def _grid(reference: str) -> Iterator[str]:
    """The reference as it is written, and as it is spoken, in the groups that a map has."""
    found = _MGRS.fullmatch(reference)
    if found is None:
        yield f"MGRS {reference[:_MOST_OF_A_TEXT]}."
        return
    zone, square, figures = found.groups()
    half = len(figures) // 2
    groups = [group for group in (zone, square, figures[:half], figures[half:]) if group]
    yield f"MGRS {' '.join(groups)}."
    yield f"Grid {', '.join(_spoken(group) for group in groups)}."


def _degrees(value: float, above: str, below: str) -> str:
    degrees = f"{abs(value):.5f}"
    return f"{degrees} {above if value >= 0 else below}: {_spoken(degrees)}"


def _spoken(written: str) -> str:
    """Letter by letter and figure by figure."""
    return " ".join(_SPOKEN[character] for character in written)


def _within(uncertainty_m: float) -> str:
    """Rounded up: a circle is never said too small."""
    if uncertainty_m < 1000:
        return f"within {-(-uncertainty_m // 10) * 10:.0f} metres"
    return f"within {-(-uncertainty_m // 100) / 10:.1f} kilometres"


def _is_withdrawn(alert: AlertState) -> bool:
    """What was said of the hazard must not be read as a warning."""
    return alert.kind is AlertKind.CANCELLED and alert.hazard_state not in NO_LONGER
