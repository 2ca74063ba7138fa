"""A file of one's own: which of its columns is which field, and which of its words is which of ours, as TOML says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clearway_contracts.vocabulary import (
    Activity,
    Actuation,
    Category,
    Classification,
    Delivery,
    HazardState,
    LocationPrecision,
    Outcome,
    Setting,
    Target,
    Tlp,
)
from clearway_incidents.domain.place import point_of
from clearway_incidents.exchange.imports import cells
from clearway_incidents.exchange.imports.importer import Importer, Row
from clearway_incidents.exchange.imports.rows import UnusableRow

# The fields that hold one of our words, and the place of each in a report.
WORDS: Final[Mapping[str, type[StrEnum]]] = {
    "category": Category,
    "outcome": Outcome,
    "hazard_state": HazardState,
    "actuation": Actuation,
    "delivery": Delivery,
    "target": Target,
    "activity": Activity,
    "precision": LocationPrecision,
    "setting": Setting,
    "tlp": Tlp,
    "classification": Classification,
}
_OF_PLACE: Final = ("precision", "setting", "place_name", "admin0", "admin1", "admin2")
_OF_SHARING: Final = ("tlp", "classification")
_LONGEST: Final = 4_000


class UnusableMapping(ValueError):
    """The mapping does not say what an import needs. The text says what to change."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """The column of each field. `id` names a row for ever: by it a later file is compared with this one."""

    id: str
    occurred: str | None = None
    earliest: str | None = None
    latest: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    mgrs: str | None = None
    uncertainty_m: str | None = None
    precision: str | None = None
    setting: str | None = None
    place_name: str | None = None
    admin0: str | None = None
    admin1: str | None = None
    admin2: str | None = None
    category: str | None = None
    outcome: str | None = None
    hazard_state: str | None = None
    actuation: str | None = None
    delivery: str | None = None
    target: str | None = None
    activity: str | None = None
    tlp: str | None = None
    classification: str | None = None
    killed: str | None = None
    injured: str | None = None
    missing: str | None = None
    narrative: str | None = None

    @model_validator(mode="after")
    def _has_place_and_time(self) -> Self:
        if not (self.mgrs or (self.longitude and self.latitude)):
            raise ValueError("columns: give longitude and latitude, or mgrs")
        if not (self.occurred or (self.earliest and self.latest)):
            raise ValueError("columns: give occurred, or earliest and latest")
        return self


class Moments(_Part):
    """How the file writes its times. By default as ISO 8601, in UTC."""

    format: str | None = None
    zone: str = "UTC"

    @model_validator(mode="after")
    def _zone_exists(self) -> Self:
        self.place()
        return self

    def place(self) -> tzinfo:
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"time.zone: this machine knows no time zone {self.zone!r}") from error


class ColumnMap(_Part):
    """A whole mapping. `constants` are the values of fields that have no column; `values` has, for each field, our word
    for each of theirs."""

    system: Annotated[str, Field(min_length=1, max_length=100)]
    organisation: Annotated[str, Field(min_length=1, max_length=100)]
    columns: Columns
    time: Moments = Moments()
    constants: Mapping[str, str] = {}
    values: Mapping[str, Mapping[str, str]] = {}

    @model_validator(mode="after")
    def _words_are_ours(self) -> Self:
        for field, words in self.values.items():
            for word in words.values():
                _require_word(f"values.{field}", field, word)
        for field, word in self.constants.items():
            if field not in {*WORDS, *_OF_PLACE}:
                raise ValueError(f"constants.{field}: there is no such field. Use: {', '.join((*WORDS, *_OF_PLACE))}")
            if field in WORDS:
                _require_word(f"constants.{field}", field, word)
        if not (self.columns.precision or "precision" in self.constants):
            raise ValueError(
                "precision: say in constants how closely places are known, such as gps, or give its column"
            )
        return self


def _require_word(place: str, field: str, word: str) -> None:
    known = WORDS.get(field)
    if known is None:
        raise ValueError(f"{place}: only these have words: {', '.join(WORDS)}")
    if word not in set(known):
        raise ValueError(f"{place}: {word!r} is not one of {', '.join(known)}")


def read_map(path: Path) -> ColumnMap:
    """The mapping of a file. Raises UnusableMapping."""
    try:
        return ColumnMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableMapping(f"{path} is not TOML: {error}.") from error
    except ValidationError as error:
        found = "; ".join(_said(one) for one in error.errors(include_url=False, include_input=False))
        raise UnusableMapping(f"{path}: {found}.") from error


def importer_of(mapping: ColumnMap) -> Importer:
    """The importer of files that are written as the mapping says."""
    columns = frozenset(column for _field, column in mapping.columns if column is not None)
    return Importer(
        mapping.system,
        f"{mapping.organisation}, as the mapping says",
        columns,
        lambda row: _report(mapping, row),
        id_column=mapping.columns.id,
        comes_in_parts=True,
    )


def _said(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {said}" if place else said


def _report(mapping: ColumnMap, row: Row) -> dict[str, Any]:
    """The report of one row. Raises UnusableRow with the reason."""
    words = {field: word for field in WORDS if (word := _word(mapping, row, field)) is not None}
    texts = {
        field: text for field in ("place_name", "admin0", "admin1", "admin2") if (text := _text(mapping, row, field))
    }
    said = words | texts
    facts = {field: value for field, value in said.items() if field not in (*_OF_PLACE, *_OF_SHARING)}
    place = {field: said[field] for field in _OF_PLACE if field in said}
    return {
        "external_refs": [{"system": mapping.system, "id": cells.needed(row, mapping.columns.id)}],
        "time": _time(mapping, row),
        "location": {"point": _point(mapping.columns, row), **_uncertainty(mapping.columns, row), **place},
        "category": "unknown",
        **facts,
        "casualties": _casualties(mapping.columns, row),
        "sharing": {field: said[field] for field in _OF_SHARING if field in said},
        "narrative": (_text(mapping, row, "narrative") or "")[:_LONGEST],
        "report": {"organisation": mapping.organisation, "role": "database", "channel": "import"},
    }


def _text(mapping: ColumnMap, row: Row, field: str) -> str | None:
    """What the row says of a field, or else what holds for all rows."""
    column = getattr(mapping.columns, field)
    return (row[column] if column is not None else "") or mapping.constants.get(field)


def _word(mapping: ColumnMap, row: Row, field: str) -> str | None:
    """Our word for what the row says. Raises UnusableRow for a word that the mapping does not know."""
    text = _text(mapping, row, field)
    if text is None:
        return None
    theirs = {word.casefold(): ours for word, ours in mapping.values.get(field, {}).items()}
    if (ours := theirs.get(text.casefold())) is not None:
        return ours
    if text in set(WORDS[field]):
        return text
    column = getattr(mapping.columns, field)
    raise UnusableRow(f"its {column} {text[:40]!r} is not known: add it to [values.{field}] of the mapping")


def _time(mapping: ColumnMap, row: Row) -> dict[str, Any]:
    columns = mapping.columns
    if columns.occurred is not None and row[columns.occurred]:
        moment, is_day = _moment(mapping.time, row, columns.occurred)
        if is_day:
            return {"earliest": moment.isoformat(), "latest": _end(moment).isoformat(), "precision": "day"}
        return {"occurred_at": moment.isoformat(), "precision": "minute"}
    if columns.earliest is None or columns.latest is None:
        raise UnusableRow(f"it has no {columns.occurred}")
    earliest, _is_day = _moment(mapping.time, row, columns.earliest)
    latest, is_day = _moment(mapping.time, row, columns.latest)
    return {"earliest": earliest.isoformat(), "latest": (_end(latest) if is_day else latest).isoformat()}


def _moment(moments: Moments, row: Row, column: str) -> tuple[datetime, bool]:
    """The moment in UTC, and whether the cell names the day alone; then it is the day's beginning."""
    text = cells.needed(row, column)
    try:
        if moments.format is not None:
            read = datetime.strptime(text, moments.format)  # noqa: DTZ007 - the zone comes next
            is_day = not any(sign in moments.format for sign in ("%H", "%I", "%X", "%c", "%T"))
        else:
            read, is_day = datetime.fromisoformat(text), _is_day(text)
    except ValueError as error:
        form = moments.format or "ISO 8601"
        raise UnusableRow(f"its {column} {text[:40]!r} is not a time as in {form}") from error
    placed = read if read.tzinfo is not None else read.replace(tzinfo=moments.place())
    return placed.astimezone(UTC), is_day


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _end(day: datetime) -> datetime:
    return day + timedelta(days=1, seconds=-1)


def _point(columns: Columns, row: Row) -> dict[str, Any]:
    """The degrees of the row, or the middle of its MGRS square. Raises UnusableRow."""
    if columns.longitude and columns.latitude and (row[columns.longitude] or row[columns.latitude] or not columns.mgrs):
        return cells.point(row, columns.longitude, columns.latitude)
    reference = cells.needed(row, columns.mgrs or "").replace(" ", "").upper()
    try:
        return point_of(reference).model_dump(mode="json")
    except ValueError as error:
        raise UnusableRow(f"its {columns.mgrs} {reference[:40]!r} is not an MGRS reference") from error


def _uncertainty(columns: Columns, row: Row) -> dict[str, Any]:
    if columns.uncertainty_m is None or not row[columns.uncertainty_m]:
        return {}
    try:
        return {"uncertainty_m": float(row[columns.uncertainty_m])}
    except ValueError as error:
        raise UnusableRow(f"its {columns.uncertainty_m} is not a number of metres") from error


def _casualties(columns: Columns, row: Row) -> list[dict[str, Any]]:
    """One figure each: the bounds are that figure."""
    counts = ((outcome, getattr(columns, outcome)) for outcome in ("killed", "injured", "missing"))
    found = ((outcome, cells.whole_number(row, column)) for outcome, column in counts if column is not None)
    return [{"outcome": outcome, "low": count, "best": count, "high": count} for outcome, count in found if count]
