"""Importing: many reports of another system at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from clearway_incidents.api.answers import ImportAnswer, ImportedItem
from clearway_incidents.api.dependencies import Importer, Wired
from clearway_incidents.api.errors import EmptyImport
from clearway_incidents.api.items import Reading, Refused, answers_to, json_of, until_alone
from clearway_incidents.api.reports import EXAMPLE
from clearway_incidents.commands.imports import ImportResult, Item
from clearway_incidents.commands.intake import Submission
from clearway_incidents.domain.errors import SentAtOnce
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import of_each
from clearway_platform.json_values import json_value
from clearway_platform.refusals import TooLarge
from clearway_platform.web.possible_problems import raises
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


@router.post(
    "",
    operation_id="incidents.import_many",
    summary="Import many reports",
    response_model=ImportAnswer,
    responses=raises(SentAtOnce),
    openapi_extra=_BODY,
)
async def import_reports(request: Request, principal: Importer, wiring: Wired, write: Write) -> Response:
    """At most 500 new reports, each with an external reference or an `incident_id`, as a JSON array or as NDJSON
    (`application/x-ndjson`, a report a line). What was sent before with the same content is left unchanged; other
    content under the same reference becomes a correction. An item that is refused does not stop the others. For more
    at once there is `POST /v1/incidents:bulk`."""
    documents = _documents(await request.body())
    reading = Reading(wiring.imports.once(), wiring.intake.revisions.act(principal), principal.mission)
    parsed = await of_each(lambda item: reading.item(*item), enumerate(documents, start=1))
    accepted = [item for item in parsed if isinstance(item, Item)]

    def sent(line: int) -> Submission:
        return reading.sent(documents[line - 1])

    async def command(transaction: Transaction) -> Reply:
        results = await wiring.imports.import_batch(transaction, principal, accepted, sent)
        refused = [item for item in parsed if isinstance(item, Refused)]
        return Reply(200, _answer(answers_to(refused, results)))

    return await until_alone(lambda: write(command))


def _documents(body: bytes) -> list[Any]:
    """The items of the body; a line that is not JSON becomes a ValueError. Raises EmptyImport, TooLarge."""
    text = body.decode("utf-8-sig", errors="replace").strip()
    try:
        whole = json_value(text) if text.startswith("[") else None
    except ValueError:
        whole = None
    documents = whole if isinstance(whole, list) else [json_of(line) for line in text.splitlines() if line.strip()]
    if not documents:
        raise EmptyImport
    if len(documents) > MOST_ITEMS:
        raise TooLarge(f"{len(documents)} items are too many. Send at most {MOST_ITEMS} at once.")
    return documents


def _answer(items: Sequence[ImportedItem]) -> ImportAnswer:
    counts = Counter(item.result for item in items)
    return ImportAnswer(
        created=counts[ImportResult.CREATED],
        unchanged=counts[ImportResult.UNCHANGED],
        corrected=counts[ImportResult.CORRECTED],
        refused=counts[ImportResult.REFUSED],
        items=list(items),
    )
