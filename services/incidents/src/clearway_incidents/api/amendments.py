"""Corrections: a JSON merge patch (RFC 7396) of the facts on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from clearway_contracts.incident import IncidentState
from clearway_incidents.api.errors import InvalidCorrection
from clearway_incidents.api.facts import FactsForm
from clearway_incidents.domain import life
from clearway_incidents.domain.difference import merge_patch, patch_between
from clearway_incidents.domain.errors import InvalidFact
from clearway_incidents.domain.incident import ReportedFacts
from clearway_incidents.domain.life import Kind
from clearway_platform.refusals import Fault
from clearway_platform.web.problems import field_errors

# Fields that are changed by a command of their own, and the command.
COMMANDS: Final[Mapping[str, str]] = {
    "hazard_state": "POST …/hazard or …/clearance",
    "clearance": "POST …/clearance",
    "grading": "POST …/grade",
    "status": "POST …/review, verify, dispute, close or reopen",
    "reports": "POST …/reports",
    "retraction": "POST …/retract",
}
_FACTS: Final = frozenset(FactsForm.model_fields)
# The facts are not nested deeper than `location.point.coordinates`.
MOST_LEVELS: Final = 8
# What follows from another field unless it is given: a patch of the one must not leave the other as it was.
_DERIVED: Final = (
    ("time", ("occurred_at", "precision"), ("earliest", "latest")),
    ("location", ("precision",), ("uncertainty_m",)),
)


def patched(incident: IncidentState, *, patch: Mapping[str, Any]) -> ReportedFacts:
    """The facts after a patch that a person sent. Raises InvalidFact, InvalidCorrection."""
    life.allow(incident, Kind.CORRECTED)
    _check_levels(patch)
    for name in patch:
        if name in COMMANDS:
            raise InvalidFact(name, "is not corrected by a patch", f"Use {COMMANDS[name]}.")
    return _patched(incident, patch)


def reconciled(incident: IncidentState, before: Mapping[str, Any], after: Mapping[str, Any]) -> ReportedFacts:
    """The facts with what their source changed between two contents; local corrections of the rest stay.
    Raises InvalidCorrection when the two do not go together."""
    earlier, later = ({name: value for name, value in content.items() if name in _FACTS} for content in (before, after))
    return _patched(incident, patch_between(earlier, later))


def _check_levels(patch: Mapping[str, Any]) -> None:
    """Raise InvalidFact, naming the first field that is nested deeper than any fact is."""
    for name, value in patch.items():
        level, values = 1, [value]
        while values := [part for item in values for part in _parts(item)]:
            level += 1
            if level > MOST_LEVELS:
                raise InvalidFact(
                    name, f"is nested deeper than {MOST_LEVELS} levels", "Send the fact in the form that GET gives."
                )


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()


def _patched(incident: IncidentState, patch: Mapping[str, Any]) -> ReportedFacts:
    document = merge_patch(_without_derived(editable(incident), patch), patch)
    try:
        facts = FactsForm.model_validate(document).in_domain(incident.time.recorded_at)
    except ValidationError as error:
        errors = field_errors(error.errors(include_url=False, include_input=False), sent=document, prefix="")
        raise InvalidCorrection([Fault(item.field, item.problem, item.remedy) for item in errors]) from error
    reported_at = facts.time.reported_at if "reported_at" in document.get("time", {}) else incident.time.reported_at
    return facts.model_copy(update={"time": facts.time.model_copy(update={"reported_at": reported_at})})


def editable(incident: IncidentState) -> dict[str, Any]:
    """The facts on record as a form."""
    state = incident.model_dump(mode="json")
    document = {name: state[name] for name in _FACTS if name != "links"}
    document["time"] = {name: value for name, value in state["time"].items() if name != "recorded_at"}
    document["location"] = {name: value for name, value in state["location"].items() if name != "mgrs"}
    return document | {"links": {"related": state["links"]["related"]}}


def _without_derived(document: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    for part, causes, effects in _DERIVED:
        given = patch.get(part)
        if isinstance(given, Mapping) and any(name in given for name in causes):
            document[part] = {name: value for name, value in document[part].items() if name not in effects}
    return document
