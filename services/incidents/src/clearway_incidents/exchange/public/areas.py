"""The feed of areas, as GeoJSON, and as CSV with a row of HXL tags (hxlstandard.org)."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json

from clearway_contracts.grid import CELLS_A_DEGREE
from clearway_incidents.domain.public.editions import PERIOD, Shown
from clearway_incidents.domain.public.grid import PERIODS, SIZES
from clearway_incidents.domain.public.publication import EditionOf

REGION: Final = "region"
_TAGS: Final = {
    "area": "#geo+id",
    "west": "#geo+bounds+west",
    "south": "#geo+bounds+south",
    "east": "#geo+bounds+east",
    "north": "#geo+bounds+north",
    "period": "#date+type",
    "first_day": "#date+start",
    "last_day": "#date+end",
    "at_least": "#event+num+min",
    "at_most": "#event+num+max",
    "hazards": "#event+type+list",
    "hazards_standing": "#event+hazard",
    "edition": "#date+edition",
}


def as_geojson(edition: EditionOf) -> bytes:
    features = [region_feature(edition, _NOTHING), *(area_feature(area, _said(area)) for area in edition.areas)]
    return to_json({"type": "FeatureCollection", "metadata": metadata(edition), "features": features})


def as_table(edition: EditionOf) -> bytes:
    """One row for each area. The region has none: it says nothing of what is known."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerows([list(_TAGS), list(_TAGS.values())])
    day = edition.moment.date().isoformat()
    for area in edition.areas:
        said, cell = _said(area), area.key.cell
        row = said | {"area": area.key.name, "hazards": " ".join(said["hazards"]), "edition": day}
        row |= {"west": cell.west, "south": cell.south, "east": cell.east, "north": cell.north}
        rows.writerow([row[name] for name in _TAGS])
    return text.getvalue().encode()


def metadata(edition: EditionOf) -> dict[str, Any]:
    publication = edition.publication
    return {
        "title": publication.title,
        "contact": publication.contact,
        "edition": _moment(edition.moment),
        "next_edition": _moment(edition.moment + PERIOD),
        "fewest": publication.rule.fewest,
    }


def region_feature(edition: EditionOf, properties: dict[str, Any]) -> dict[str, Any]:
    """The whole region, in every edition, whatever is known: where no area is shown, a hazard can be all the same."""
    return _feature(REGION, edition.publication.rule.region.polygon, {"kind": REGION, **properties})


def area_feature(area: Shown, properties: dict[str, Any]) -> dict[str, Any]:
    return _feature(area.key.name, area.key.cell.polygon, {"kind": "area", **properties})


def _feature(name: str, geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": name,
        "geometry": geometry.model_dump(mode="json"),
        "properties": properties,
    }


def _said(area: Shown) -> dict[str, Any]:
    first, last = area.key.days or (None, None)
    return {
        "cell_degrees": SIZES[area.key.size] / CELLS_A_DEGREE,
        "period": PERIODS[area.key.period].value,
        "first_day": first,
        "last_day": last,
        "at_least": area.band.at_least,
        "at_most": area.band.at_most,
        "hazards": [kind.value for kind in area.kinds],
        "hazards_standing": standing(area),
    }


_NOTHING: Final = dict.fromkeys(
    ("cell_degrees", "period", "first_day", "last_day", "at_least", "at_most", "hazards", "hazards_standing")
)


def standing(area: Shown) -> str:
    """That no hazard stands is never said: not to be known is not to be gone."""
    return "yes" if area.stands else "unknown"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
