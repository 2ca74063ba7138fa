"""The draft of a report, as the API takes one: what follows from a parse, and all of its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from clearway_contracts.vocabulary import Category, HazardState, MissionImpact, Outcome, Passable, Priority
from clearway_incidents.domain.hazard import graver
from clearway_incidents.domain.reporting import default_hazard
from clearway_incidents.exchange.nine_line.parsing import CASUALTIES, EXERCISE, LOCATION, TIME, Parse, Understood
from clearway_incidents.exchange.nine_line.phrases import Fact, is_less

NAMES: Final = {
    1: "line_1_date_time_group",
    2: "line_2_reporting_unit_and_location",
    3: "line_3_contact_method",
    4: "line_4_type_of_ordnance",
    5: "line_5_cbrn_contamination",
    6: "line_6_resources_threatened",
    7: "line_7_impact_on_mission",
    8: "line_8_protective_measures",
    9: "line_9_recommended_priority",
}
# What one line of a report holds. The rest of a longer one goes into the narrative.
LONGEST_LINE: Final = 500
# Of several values the first in these orders counts, of others the first that was said: in doubt it warns.
_GRAVEST: Final[Mapping[Fact, Sequence[StrEnum]]] = {
    Fact.CATEGORY: (
        Category.IED,
        Category.LANDMINE,
        Category.GRENADE,
        Category.UXO_ERW,
        Category.AMMUNITION_STORAGE,
        Category.OTHER_EXPLOSIVE,
        Category.UNKNOWN,
        Category.NOT_EXPLOSIVE,
    ),
    Fact.OUTCOME: (
        Outcome.PARTIAL,
        Outcome.FOUND_NOT_CLEARED,
        Outcome.FOUND_MARKED,
        Outcome.DETONATED,
        Outcome.CACHE_RECOVERED,
        Outcome.FOUND_CLEARED,
        Outcome.HOAX,
        Outcome.FALSE_ALARM,
    ),
    Fact.HAZARD_STATE: (HazardState.ACTIVE, HazardState.SUSPECTED),
    Fact.ROAD_PASSABLE: (Passable.NO, Passable.RESTRICTED, Passable.YES),
    Fact.MISSION_IMPACT: (MissionImpact.HALT, MissionImpact.DELAY, MissionImpact.NONE),
    Fact.PRIORITY: (Priority.IMMEDIATE, Priority.INDIRECT, Priority.MINOR, Priority.NO_THREAT),
}


def draft_of(parse: Parse, *, unseen: bool = False) -> dict[str, Any]:
    """The body of a report. It lacks `location` where no position was understood; nothing else is needed.

    `unseen`: nobody looks at it before it is recorded, so that nothing which was read makes a hazard less.
    """
    draft: dict[str, Any] = {TIME: {}, "category": Category.UNKNOWN}
    for one in reversed(parse.understood):
        if one.field in (TIME, LOCATION):
            draft[one.field] = dict(one.value)
    if not unseen and any(one.field == EXERCISE for one in parse.understood):
        draft[EXERCISE] = True
    for fact in Fact:
        values = [one.value for one in parse.understood if one.field == fact and not (unseen and _is_less(one))]
        if values:
            _put(draft, fact, values)
    if unseen and "hazard_state" in draft:
        # "IED found, possible secondary": what is possible beside it makes what was found no less.
        implied = default_hazard(draft.get("outcome", Outcome.UNKNOWN), draft["category"])
        draft["hazard_state"] = graver(draft["hazard_state"], implied)
    if casualties := [one.value for one in parse.understood if one.field == CASUALTIES]:
        # The same people, counted in two lines, are one entry.
        draft[CASUALTIES] = [one for at, one in enumerate(casualties) if one not in casualties[:at]]
    if lines := {NAMES[number]: text[:LONGEST_LINE] for number, text in _heard(parse)}:
        draft["report"] = {"nine_line": lines}
    if rest := _rest(parse):
        draft["narrative"] = rest
    return draft


def held_back(parse: Parse) -> list[str]:
    """The fields of the draft that make the hazard less, which a person must look at."""
    seen, unseen = _flat(draft_of(parse)), _flat(draft_of(parse, unseen=True))
    return sorted(field for field, value in seen.items() if unseen.get(field) != value)


def _flat(draft: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a draft by the names of its facts."""
    flat = dict(draft)
    for fact in Fact:
        part, _, name = fact.value.partition(".")
        if name and name in draft.get(part, {}):
            flat[fact.value] = draft[part][name]
    return {field: value for field, value in flat.items() if field not in ("impact", LOCATION)}


def _is_less(one: Understood) -> bool:
    return one.field == EXERCISE or (isinstance(one.value, StrEnum) and is_less(one.value))


def _put(draft: dict[str, Any], fact: Fact, values: Sequence[StrEnum]) -> None:
    if fact is Fact.PROTECTIVE_MEASURES:
        named = list(dict.fromkeys(values))
        draft[fact.value] = [one for one in named if one != "none"] or named
        return
    part, _, name = fact.value.partition(".")
    order = _GRAVEST.get(fact, ())
    value = min(values, key=order.index) if order else values[0]
    if not name:
        draft[part] = value
    elif part != LOCATION:
        draft.setdefault(part, {})[name] = value
    elif LOCATION in draft:
        draft[LOCATION][name] = value


def _heard(parse: Parse) -> list[tuple[int, str]]:
    return [(line.number, line.heard) for line in parse.lines if line.number is not None and line.heard]


def _rest(parse: Parse) -> str:
    """What the nine lines of the report do not hold."""
    parts = [] if parse.before.heard is None else [parse.before.heard]
    parts += [f"Line {number}: …{text[LONGEST_LINE:]}" for number, text in _heard(parse) if len(text) > LONGEST_LINE]
    return "\n".join(parts)
