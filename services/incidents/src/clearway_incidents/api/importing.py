"""Importing: many reports of another system at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.responses import Response

from clearway_incidents.api.answers import ImportAnswer, ImportedItem
from clearway_incidents.api.dependencies import Importer, Wired
from clearway_incidents.api.errors import EmptyImport
from clearway_incidents.api.reports import EXAMPLE, NewReport
from clearway_incidents.commands.imports import Imported, ImportResult, Item
from clearway_incidents.domain.errors import InvalidFact, NotNow
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import of_each
from clearway_platform.refusals import TooLarge
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import FieldError, errors_of, field_errors
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

MOST_ITEMS: Final = 500
_ITEM: Final = EXAMPLE | {"external_refs": [{"system": "awsd", "id": "4711"}]}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            # Generators of clients do not know NDJSON, so only the description names it.
            "application/json": {
                "schema": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/NewReport"},
                    "maxItems": MOST_ITEMS,
                },
                "example": [_ITEM],
            },
        },
    }
}

router = Router(prefix="/v1/incident-imports", tags=["Importing incidents"])


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that is not a valid report."""

    line: int
    errors: Sequence[FieldError]


@router.post(
    "",
    operation_id="incidents.import_many",
    summary="Import many reports",
    response_model=ImportAnswer,
    responses=raises(NotNow),
    openapi_extra=_BODY,
)
async def import_reports(request: Request, principal: Importer, wiring: Wired, write: Write) -> Response:
    """At most 500 new reports, each with an external reference, as a JSON array or as NDJSON
    (`application/x-ndjson`, a report a line). The same reference with the same content is left unchanged; with other
    content it becomes a correction. An item that is refused does not stop the others."""
    documents = _documents(await request.body())
    now = wiring.clock.now()
    parsed = await of_each(lambda item: _parse(*item, now), enumerate(documents, start=1))
    accepted = [item for item in parsed if isinstance(item, Item)]

    async def command(transaction: Transaction) -> Reply:
        results = await wiring.imports.import_batch(transaction, principal, accepted)
        return Reply(200, _answer([item for item in parsed if isinstance(item, Refused)], results))

    return await write(command)


def _documents(body: bytes) -> list[Any]:
    """The items of the body; a line that is not JSON becomes a ValueError. Raises EmptyImport, TooLarge."""
    text = body.decode("utf-8-sig", errors="replace").strip()
    try:
        whole = from_json(text) if text.startswith("[") else None
    except ValueError:
        whole = None
    documents = whole if isinstance(whole, list) else [_line(line) for line in text.splitlines() if line.strip()]
    if not documents:
        raise EmptyImport
    if len(documents) > MOST_ITEMS:
        raise TooLarge(f"{len(documents)} items are too many. Send at most {MOST_ITEMS} at once.")
    return documents


def _line(line: str) -> Any:
    try:
        return from_json(line)
    except ValueError:
        return ValueError("is not JSON")


def _parse(line: int, document: Any, now: datetime) -> Item | Refused:
    if isinstance(document, ValueError):
        return Refused(line, [FieldError(field="item", problem="is not JSON", remedy="Send one JSON object a line.")])
    if not isinstance(document, dict):
        remedy = "Send each report as a JSON object."
        return Refused(line, [FieldError(field="item", problem="is not a JSON object", remedy=remedy)])
    try:
        report = NewReport.model_validate(document)
    except ValidationError as error:
        return Refused(line, _errors(error, document))
    if not report.external_refs:
        return Refused(line, [FieldError(field="external_refs", problem="missing", remedy="Name the item's source.")])
    try:
        return Item(line, report.submission(now))
    except InvalidFact as error:
        return Refused(line, errors_of(error, in_part=False))


def _errors(error: ValidationError, document: Any) -> list[FieldError]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return field_errors(found, sent=document, prefix="")


def _answer(refused: Sequence[Refused], results: Sequence[Imported]) -> ImportAnswer:
    items = [
        ImportedItem(
            line=item.line, result=ImportResult.REFUSED, problem=_summary(item.errors), errors=list(item.errors)
        )
        for item in refused
    ]
    items += [_item(imported) for imported in results]
    counts = Counter(item.result for item in items)
    return ImportAnswer(
        created=counts[ImportResult.CREATED],
        unchanged=counts[ImportResult.UNCHANGED],
        corrected=counts[ImportResult.CORRECTED],
        refused=counts[ImportResult.REFUSED],
        items=sorted(items, key=lambda item: item.line),
    )


def _item(imported: Imported) -> ImportedItem:
    refusal = imported.refusal
    errors = [] if refusal is None else errors_of(refusal, in_part=False)
    return ImportedItem(
        line=imported.line,
        result=imported.result,
        incident_id=imported.incident_id,
        problem=None if refusal is None else _summary(errors) or refusal.detail,
        errors=errors,
    )


def _summary(errors: Sequence[FieldError]) -> str:
    return "; ".join(f"{error.field}: {error.problem}" for error in errors[:5])
