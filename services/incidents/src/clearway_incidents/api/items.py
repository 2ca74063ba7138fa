"""The items of an import: each a new report, read by itself, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from clearway_incidents.api.answers import ImportedItem
from clearway_incidents.api.reports import NewReport
from clearway_incidents.commands.imports import Imported, ImportResult, Imports, Item
from clearway_incidents.commands.intake import Submission
from clearway_incidents.domain.errors import InvalidFact, SentAtOnce
from clearway_incidents.domain.life import Act
from clearway_platform.json_values import json_value
from clearway_platform.web.problems import FieldError, errors_of, field_errors
from clearway_platform.web.two_way import Line

LONGEST_LINE: Final = 262_144
# What another request takes at the same moment is found on record the next time.
_TRIES: Final = 3
Result = TypeVar("Result")


async def until_alone(work: Callable[[], Awaitable[Result]]) -> Result:
    """The result of `work`, which runs again where another request sent the same reports at the same moment."""
    for _attempt in range(1, _TRIES):
        try:
            return await work()
        except SentAtOnce:
            continue
    return await work()


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that is not a valid report."""

    line: int
    errors: Sequence[FieldError]

    @classmethod
    def because(cls, line: int, problem: str, remedy: str, field: str = "item") -> Refused:
        return cls(line, [FieldError(field=field, problem=problem, remedy=remedy)])


def json_of(text: str | bytes) -> Any:
    """The value of a line; a ValueError where it is not JSON."""
    try:
        return json_value(text)
    except ValueError:
        return ValueError("is not JSON")


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the items of one batch: what is recorded of them, by whom, and when. It asks no database."""

    imports: Imports
    act: Act
    mission: str

    def line(self, line: Line) -> Item | Refused:
        """The item at a line of NDJSON."""
        if line.text is None:
            return Refused.because(line.number, f"is over {LONGEST_LINE} bytes", "Send a shorter line.")
        return self.item(line.number, json_of(line.text))

    def item(self, line: int, document: Any) -> Item | Refused:
        """The item at a line, where it is a report that can be recognised when it is sent again."""
        if isinstance(document, ValueError):
            return Refused.because(line, "is not JSON", "Send one JSON object a line.")
        if not isinstance(document, dict):
            return Refused.because(line, "is not a JSON object", "Send each report as a JSON object.")
        try:
            report = NewReport.model_validate(document)
        except ValidationError as error:
            return Refused(line, _errors(error, document))
        if not report.external_refs and report.incident_id is None:
            remedy = "Name the item's source, or give it an incident_id of your own."
            return Refused.because(line, "missing, and so is incident_id", remedy, field="external_refs")
        is_own = report.incident_id is not None
        try:
            return self.imports.item(line, report.submission(self.act.at), self.act, self.mission, has_own_id=is_own)
        except InvalidFact as error:
            return Refused(line, errors_of(error, in_part=False))

    def sent(self, document: Any) -> Submission:
        """What was sent, of a document that is an item."""
        return NewReport.model_validate(document).submission(self.act.at)


def answers_to(refused: Sequence[Refused], recorded: Sequence[Imported]) -> list[ImportedItem]:
    """What is answered about these items, in the order of their lines."""
    invalid = [
        ImportedItem(
            line=item.line, result=ImportResult.REFUSED, problem=_summary(item.errors), errors=list(item.errors)
        )
        for item in refused
    ]
    return sorted([*invalid, *map(_answer_to, recorded)], key=lambda item: item.line)


def _answer_to(item: Imported) -> ImportedItem:
    refusal = item.refusal
    errors = [] if refusal is None else errors_of(refusal, in_part=False)
    return ImportedItem(
        line=item.line,
        result=item.result,
        incident_id=item.incident_id,
        problem=None if refusal is None else _summary(errors) or refusal.detail,
        errors=errors,
        withheld=list(item.withheld),
    )


def _errors(error: ValidationError, document: Any) -> list[FieldError]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return field_errors(found, sent=document, prefix="")


def _summary(errors: Sequence[FieldError]) -> str:
    return "; ".join(f"{error.field}: {error.problem}" for error in errors[:5])
