"""Which incidents a ceiling lets through, for the database, so that pages stay full."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, or_, true

from clearway_contracts.handling import classifications_up_to, organisation_key, tlps_up_to
from clearway_platform.auth.ceilings import EVERY_ORGANISATION, Ceiling

Marks = Mapping[str, ColumnElement[Any]]


def marks_of(columns: Any) -> Marks:
    """The marks of a row. One that an older program wrote has them in its state alone."""
    is_current = columns.marks_of == columns.revision
    return {name: case((is_current, columns[name]), else_=value) for name, value in marks_in_state(columns).items()}


def marks_in_columns(columns: Any) -> Marks:
    """The marks of a row that this version wrote."""
    return {name: columns[name] for name in ("tlp", "classification", "releasable_to")}


def marks_in_state(columns: Any) -> Marks:
    """The marks of a row that an older program wrote."""
    sharing = columns.state["sharing"]
    return {
        "tlp": sharing["tlp"].as_string(),
        "classification": sharing["classification"].as_string(),
        "releasable_to": func.lower(cast(sharing["releasable_to"], Text)),
    }


def is_readable(marks: Marks, ceiling: Ceiling) -> ColumnElement[bool]:
    """Whether anything of a row may be seen."""
    if ceiling.is_unlimited:
        return true()
    known = marks["classification"].in_([level.value for level in classifications_up_to(ceiling.classification)])
    return known & _is_releasable(marks["releasable_to"], ceiling.organisation)


def is_whole(marks: Marks, ceiling: Ceiling) -> ColumnElement[bool]:
    """Whether the whole of a row that is readable may be seen."""
    return true() if ceiling.is_unlimited else marks["tlp"].in_([level.value for level in tlps_up_to(ceiling.tlp)])


def _is_releasable(column: ColumnElement[Any], organisation: str | None) -> ColumnElement[bool]:
    if organisation == EVERY_ORGANISATION:
        return true()
    for_all = column == "[]"
    if organisation is None:
        return for_all
    named = json.dumps(organisation_key(organisation), ensure_ascii=False)
    return or_(for_all, column.contains(named, autoescape=True))
