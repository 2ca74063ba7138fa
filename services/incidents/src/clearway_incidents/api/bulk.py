"""Bulk: as many reports as the client likes in one request, read and answered line by line."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated, Any, Final

from fastapi import Query, Request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from clearway_incidents.api.answers import ImportedItem
from clearway_incidents.api.dependencies import Importer, Wired, Wiring
from clearway_incidents.api.errors import EmptyImport, NotLines
from clearway_incidents.api.items import Reading, Refused, answers_to, json_of, until_alone
from clearway_incidents.api.reports import EXAMPLE
from clearway_incidents.commands.imports import Imported, ImportResult, Item, Sent
from clearway_incidents.domain.errors import SentAtOnce
from clearway_platform.auth.principals import Principal
from clearway_platform.heavy import of_each
from clearway_platform.limiting.quotas import QuotaUsedUp
from clearway_platform.service import LargeBody, Platform
from clearway_platform.web.access import platform_of
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import ProblemDetails, details, refusal_of, request_id_of
from clearway_platform.web.routing import Router
from clearway_platform.web.streamed import STREAMED
from clearway_platform.web.turns import turn_of_part
from clearway_platform.web.two_way import NDJSON, Line, Lines, NdJson, TwoWay

# The lines of one transaction. Fewer where no more come for a moment: their sender waits for their results.
GROUP: Final = 250
MOMENT_SECONDS: Final = 0.2
LONGEST_LINE: Final = 262_144

_LINE: Final = EXAMPLE | {"incident_id": "01890000-0000-7000-8000-000000000001"}
_LINES: Final = {"type": "string", "format": "binary", "description": "A `NewReport` on each line."}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": _LINES, "example": to_json(_LINE).decode()}},
    }
}

_ANSWER: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {NDJSON: {}}}}

PATH: Final = "/v1/incidents:bulk"
LARGE_BODY: Final = LargeBody("POST", PATH, most=None)

router = Router(prefix=PATH, tags=["Importing incidents"])


class BulkEnd(BaseModel):
    """The last line: how many lines had which result. `problem` is why the rest was not read; null at the end of all.
    Without this line the answer was cut."""

    end: bool = True
    created: int
    unchanged: int
    corrected: int
    refused: int
    problem: ProblemDetails | None = Field(description="Send the lines that have no result again.")


@router.post(
    "",
    operation_id="incidents.report_bulk",
    summary="Report in bulk",
    response_class=NdJson,
    response_model=ImportedItem | BulkEnd,
    responses=_ANSWER | raises(NotLines, SentAtOnce),
    openapi_extra=_BODY | STREAMED,
)
async def bulk(
    request: Request,
    principal: Importer,
    wiring: Wired,
    at_once: Annotated[
        bool,
        Query(description="Answer each line as soon as it is on disk, also while the body comes. Read while you send."),
    ] = False,
) -> Response:
    """Any number of new reports as NDJSON, each with an external reference or an `incident_id` of your own, by which a
    repeat is recognised: after a cut, send everything again. The answer has a line for each line, in the order in which
    they are on disk, and an end. Lines are recorded in groups of 250; one that is refused does not stop the others. The
    answer begins when the body was read, or after 8 MB of it: send at most 20,000 lines at once, or read meanwhile."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != NDJSON:
        raise NotLines
    lines = Lines(request.receive, LONGEST_LINE)
    recording = _Recording(request, platform_of(request), principal, wiring)
    async with AsyncExitStack() as held:
        # Each request holds what it has read and what it answers in memory.
        await held.enter_async_context(wiring.bulk.of(principal.mission))
        first = await lines.group(GROUP, MOMENT_SECONDS)
        if not first:
            raise EmptyImport
        # What fails before anything is on disk has the status of its problem.
        begun = await recording.record(first)
        return TwoWay(_answer(recording, lines, begun), lines, held.pop_all(), at_once=at_once)


class _Recording:
    """Records the groups of one request."""

    def __init__(self, request: Request, platform: Platform, principal: Principal, wiring: Wiring) -> None:
        self.request = request
        self.counts: Counter[ImportResult] = Counter()
        self._platform = platform
        self._principal = principal
        self._wiring = wiring

    async def record(self, group: Sequence[Line]) -> bytes:
        """Record a group in a transaction; the lines of the answer, once it is on disk."""
        async with turn_of_part(self.request.scope, self._principal.mission):
            imports = self._wiring.imports.once()
            reading = Reading(imports, imports.revisions.act(self._principal), self._principal.mission)
            read = await of_each(partial(_item, reading), group)
            items = [item for item in read if isinstance(item, Item)]
            self._platform.stored.check(self._principal.mission)
            texts = {line.number: line.text for line in group}
            recorded = await self._recorded(items, lambda line: reading.sent(json_of(texts[line] or b"")))
        self._platform.stored.add(self._principal.mission, sum(len(line.text or b"") for line in group))
        refused = [item for item in read if isinstance(item, Refused)]
        results = answers_to(refused, recorded)
        self.counts.update(item.result for item in results)
        return b"".join(to_json(item) + b"\n" for item in results)

    async def count(self) -> None:
        """Each group counts as a change. Where the share is used up, it waits until there is more."""
        while True:
            try:
                await self._platform.shares.count(self._principal, writes=True)
                return
            except QuotaUsedUp as refusal:
                await asyncio.sleep(refusal.retry_seconds)

    def end(self, problem: ProblemDetails | None) -> bytes:
        counts = {result.value: self.counts[result] for result in ImportResult}
        return to_json(BulkEnd(**counts, problem=problem)) + b"\n"

    async def _recorded(self, items: Sequence[Item], sent: Sent) -> list[Imported]:
        async def write() -> list[Imported]:
            async with self._platform.database.of(self._principal.mission).write() as transaction:
                return await self._wiring.imports.import_batch(transaction, self._principal, items, sent)

        return await until_alone(write) if items else []


async def _answer(recording: _Recording, lines: Lines, begun: bytes) -> AsyncIterator[bytes]:
    """The lines of the answer, group by group, and its end."""
    yield begun
    try:
        while group := await lines.group(GROUP, MOMENT_SECONDS):
            await recording.count()
            yield await recording.record(group)
    except ClientDisconnect:
        raise
    except Exception as error:
        request = recording.request
        refusal = refusal_of(error, request)
        problem = details(refusal, path=request.url.path, request_id=request_id_of(request))
        yield recording.end(ProblemDetails.model_validate(problem))
    else:
        yield recording.end(None)


def _item(reading: Reading, line: Line) -> Item | Refused:
    if line.text is None:
        return Refused.because(line.number, f"is over {LONGEST_LINE} bytes", "Send a shorter line.")
    return reading.item(line.number, json_of(line.text))
