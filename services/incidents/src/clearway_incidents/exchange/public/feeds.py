"""All feeds of one edition, by name."""

from __future__ import annotations

from clearway_incidents.domain.public.publication import AREAS, TABLE, EditionOf, Language, education
from clearway_incidents.exchange.public.areas import as_geojson, as_table
from clearway_incidents.exchange.public.education import as_education


def feeds_of(edition: EditionOf) -> dict[str, bytes]:
    """The same edition gives the same bytes."""
    texts = {education(language): as_education(edition, language) for language in Language}
    return {AREAS: as_geojson(edition), TABLE: as_table(edition), **texts}
