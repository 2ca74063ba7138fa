"""The versions of the state that this service stores as JSON (docs/adr/0022-stored-state-has-a-version.md)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, SerializerFunctionWrapHandler, TypeAdapter, WrapSerializer

from clearway_alerts.domain.areas import Everything
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.subscription import EXPLOSIVE_HAZARDS, Filter
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.storage.channels import CHANNEL
from clearway_contracts.alert import AlertSource
from clearway_contracts.vocabulary import Category, Inclusion, Tlp
from clearway_platform.database.states import StateVersions, only_added

# Release 0.1.0 names the coordinates so, and reads what this one stores. Another name would need a version of its own.
_STORED_NAMES: Final = {"longitude": "lon", "latitude": "lat"}
# The categories of a filter that named none, as 0.1.0 stored them.
_FORMER_DEFAULT: Final = EXPLOSIVE_HAZARDS - {Category.OTHER_EXPLOSIVE}
_NAMES: Final = {stored: name for name, stored in _STORED_NAMES.items()}


def _with_names(stored: Any) -> Any:
    if not isinstance(stored, Mapping):
        return stored
    return {_NAMES.get(name, name): value for name, value in stored.items()}


def _with_stored_names(incident: IncidentView, fields_of: SerializerFunctionWrapHandler) -> dict[str, Any]:
    return {_STORED_NAMES.get(name, name): value for name, value in fields_of(incident).items()}


def _with_new_words(fields: Any) -> Any:
    """What 0.1.0 stored for a subscriber who named no category left out `other`, which holds explosive hazards too."""
    if not isinstance(fields, Mapping) or frozenset(fields.get("categories", ())) != _FORMER_DEFAULT:
        return fields
    return {**fields, "categories": sorted(EXPLOSIVE_HAZARDS)}


# Version 2 adds what is said of a clearance, and whether all reports were imported; version 3 the classification, and
# to whom it may be released; version 4 the grid reference and the place on a route.
INCIDENT_VIEW: Final[StateVersions[IncidentView]] = StateVersions(
    "incident_view",
    TypeAdapter(Annotated[IncidentView, BeforeValidator(_with_names), WrapSerializer(_with_stored_names)]),
    upcasters=(only_added, only_added, only_added),
    compatible_from=1,
)
# Version 3 adds what it says of silent sources.
FILTER: Final[StateVersions[FilterForm]] = StateVersions(
    "filter", TypeAdapter(FilterForm), upcasters=(_with_new_words, only_added)
)
ALERT_SOURCE: Final[StateVersions[AlertSource]] = StateVersions("alert_source", TypeAdapter(AlertSource))
STATES: Final = (INCIDENT_VIEW, FILTER, CHANNEL, ALERT_SOURCE)


def stored_incident(incident: IncidentView) -> Any:
    return INCIDENT_VIEW.write(incident)


def read_incident(stored: Any) -> IncidentView:
    """Raises NewerState."""
    return INCIDENT_VIEW.read(stored)


def stored_filter(chosen: FilterForm) -> dict[str, Any]:
    """In the first version and its words wherever these can say it: release 0.1.0 reads them, and no others."""
    categories = frozenset(chosen.categories)
    says_more = (
        chosen.exercises is not Inclusion.EXCLUDE
        or chosen.sources is not Inclusion.INCLUDE
        or Category.NOT_EXPLOSIVE in categories
    )
    if says_more or categories == _FORMER_DEFAULT:
        return FILTER.write(chosen)
    stored = chosen.model_dump(mode="json", exclude={"exercises", "sources"})
    return {**stored, "categories": [category.written_as[-1] for category in chosen.categories]}


def read_filter(stored: Any) -> Filter:
    """Raises NewerState."""
    return FILTER.read(stored).to_domain()


def filter_in_doubt(stored: Any) -> Filter:
    """In place of a filter that this program cannot read: every incident of the mission, because a warning too many is
    safer than one too few. The limit of sharing stays where it can be read: it keeps an incident from those that it may
    not be shared with."""
    named = stored.get("tlp_max") if isinstance(stored, Mapping) else None
    tlp_max = next((level for level in Tlp if level == named), Tlp.RED)
    return Filter(Everything(), categories=frozenset(Category), exercises=Inclusion.INCLUDE, tlp_max=tlp_max)


def shown_filter(stored: Any) -> dict[str, Any]:
    """The filter in the newest shape, as answers show it. Raises NewerState."""
    return FILTER.shape(stored)
