"""An incident as its reader may see it: whole, reduced, or not at all. Every answer and every stream asks here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from clearway_contracts.grid import cell_of
from clearway_contracts.handling import MOST_RESTRICTED, Handling, classifications_up_to, tlps_up_to
from clearway_contracts.incident import Sharing
from clearway_contracts.vocabulary import Classification, Setting, TimePrecision, Tlp
from clearway_incidents.domain.withholding import withheld_in
from clearway_platform.auth.ceilings import Ceiling, Sight

State = Mapping[str, Any]

# What the reduced incident leaves out, by the names of the fields: what tells the place, the hour or the people.
LEFT_OUT: Final = (
    "audit.hash",
    "audit.prev_hash",
    "clearance.extent",
    "clearance.organisation",
    "clearance.override_reason",
    "clearance.reference",
    "external_refs",
    "location.admin2",
    "location.chainage_m",
    "location.mgrs",
    "location.place_name",
    "location.point",
    "location.route_id",
    "location.setting",
    "narrative",
    "reports",
    "time.occurred_at",
)
# What the reduced incident has less exactly: that it was changed would tell of a change within the day.
_COARSE: Final = (
    "clearance.at",
    "time.earliest",
    "time.latest",
    "time.precision",
    "time.recorded_at",
    "time.reported_at",
)
_UNNAMED: Final = frozenset({*LEFT_OUT, *_COARSE})
CONTACTS: Final = ("reports.contact_ref", "reports.nine_line.line_3_contact_method")
# In place of a text that may not be read: that there is one is said all the same.
WITHHELD: Final = "withheld: ask the security cell"
# Where an event has this, the incident is marked more highly since.
SINCE: Final = "marked_since"
_DAY_AT_BEST: Final = frozenset({TimePrecision.MINUTE, TimePrecision.HOUR})


def handling_of(state: State) -> Handling:
    """The marks of an incident. Those that are missing, or that this version does not know, count as the highest."""
    try:
        sharing = state["sharing"]
        named = tuple(sharing.get("releasable_to", ()))
        return Handling(Tlp(sharing["tlp"]), Classification(sharing["classification"]), named)
    except (AttributeError, KeyError, TypeError, ValueError):
        return MOST_RESTRICTED


def shown(state: State, sight: Sight, *, assesses: bool) -> dict[str, Any] | None:
    """The incident as it is shown; None when its reader may see nothing of it. Contacts are for those who assess."""
    if sight is Sight.NOTHING:
        return None
    if sight is Sight.REDUCED:
        return reduced(state)
    whole = dict(state) if assesses else without_contacts(state)
    left_out = [] if assesses else list(CONTACTS)
    return whole | {"form": "full", "left_out": left_out, "withheld": withheld_in(whole)}


def shown_event(data: State, ceiling: Ceiling) -> State | None:
    """The data of an event as the stream sends it, the same object where nothing is withheld. It never has contacts:
    not even for those who assess, though an earlier version published some. An event with no incident tells nothing."""
    state = data.get("incident")
    if state is None:
        return None
    sight = ceiling.sight(*(handling_of(marked) for marked in (state, data.get(SINCE)) if marked))
    if sight is Sight.WHOLE:
        plain = without_contacts(state)
        return data if plain == state else {**data, "incident": plain}
    incident = shown(state, sight, assesses=False)
    if incident is None:
        return None
    return {**data, "changed": shown_names(data.get("changed", ())), "incident": incident}


def shown_names(changed: Iterable[str]) -> list[str]:
    """The names of changed fields, without those of which the reduced incident does not show that they changed."""
    return [name for name in changed if name not in _UNNAMED]


def marked_since(data: State, sharing: Sharing) -> dict[str, Any]:
    """The data of an earlier event, with the marks that hold for it from now on."""
    return {**data, SINCE: {"sharing": sharing.model_dump(mode="json")}}


def is_raised(before: Sharing, after: Sharing) -> bool:
    """Whether some reader of the one may not read the other."""
    return (
        not tlps_up_to(after.tlp) <= tlps_up_to(before.tlp)
        or not classifications_up_to(after.classification) <= classifications_up_to(before.classification)
        or (bool(after.releasable_to) and set(after.releasable_to) != set(before.releasable_to))
    )


def reduced(state: State) -> dict[str, Any]:
    """What leaves at a lower TLP: without narrative, reports and names, to the day, and the place as a cell of the grid
    that contains it. A point is never moved."""
    clearance = state.get("clearance")
    return {
        **state,
        "time": _reduced_time(state["time"]),
        "location": _reduced_location(state["location"]),
        "narrative": None,
        "external_refs": [],
        "reports": [],
        "clearance": None if clearance is None else _reduced_clearance(clearance),
        "audit": {**state["audit"], "hash": None, "prev_hash": None},
        "form": "reduced",
        "left_out": list(LEFT_OUT),
        "withheld": [],
    }


def without_contacts(state: State) -> dict[str, Any]:
    """Without what names the people who reported it, also in the nine lines."""
    return {**state, "reports": [_without_contact(report) for report in state["reports"]]}


def _without_contact(report: State) -> dict[str, Any]:
    lines = report.get("nine_line")
    named = None if lines is None else {**lines, "line_3_contact_method": None}
    return {**report, "contact_ref": None, "nine_line": named}


def _reduced_time(time: State) -> dict[str, Any]:
    precise = time["precision"] in _DAY_AT_BEST
    return {
        **time,
        "occurred_at": None,
        "earliest": day_of(time["earliest"]),
        "latest": end_of_day(time["latest"]),
        "precision": TimePrecision.DAY.value if precise else time["precision"],
        "reported_at": day_of(time["reported_at"]),
        "recorded_at": day_of(time["recorded_at"]),
    }


def _reduced_location(location: State) -> dict[str, Any]:
    cell = cell_of(*location["point"]["coordinates"])
    hidden = dict.fromkeys(("point", "place_name", "admin2", "mgrs", "route_id", "chainage_m"))
    seen = {"setting": Setting.UNKNOWN.value, "area": cell.polygon.model_dump(mode="json")}
    return {**location, **hidden, **seen}


def _reduced_clearance(clearance: State) -> dict[str, Any]:
    reason = WITHHELD if clearance.get("override_reason") else None
    hidden = {"organisation": WITHHELD, "extent": None, "reference": None, "override_reason": reason}
    return {**clearance, **hidden, "at": day_of(clearance["at"])}


def day_of(moment: str) -> str:
    """The beginning of its day, in UTC, which all stored times are in."""
    return f"{moment[:10]}T00:00:00Z"


def end_of_day(moment: str) -> str:
    """The end of its day; the last day that there is ends with its last second."""
    day = date.fromisoformat(moment[:10])
    return f"{day}T23:59:59Z" if day == date.max else f"{day + timedelta(days=1)}T00:00:00Z"
