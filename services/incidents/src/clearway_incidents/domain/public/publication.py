"""A mission's publication: its rule, and what it says beside the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clearway_incidents.domain.public.counting import Rule
from clearway_incidents.domain.public.editions import Shown


@dataclass(frozen=True, slots=True)
class Publication:
    """`title` and `contact` are texts for the public."""

    rule: Rule
    title: str
    contact: str


@dataclass(frozen=True, slots=True)
class EditionOf:
    """What the feeds of one edition are written from, and nothing else."""

    publication: Publication
    moment: datetime
    areas: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Between:
    """What an edition is computed from: all of a mission that was recorded up to `until`, its moment, and that the one
    of `after` did not have; None where it is the first. It tells what was public at its moment, and HELD_BACK before it
    as well."""

    mission: str
    after: datetime | None
    until: datetime


class Language(StrEnum):
    """The languages of risk education, the usual one first."""

    EN = "en"
    FR = "fr"


AREAS = "areas.geojson"
TABLE = "areas.csv"


def education(language: Language) -> str:
    """The name of the feed of risk education in a language."""
    return f"risk-education.{language}"
