"""Bulk: as many reports as the client likes in one request, read and answered line by line."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Final

import structlog
from fastapi import Query, Request
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from clearway_incidents.api.answers import ImportedItem
from clearway_incidents.api.dependencies import Importer, Wired, Wiring
from clearway_incidents.api.errors import EmptyImport, NotLines
from clearway_incidents.api.items import LONGEST_LINE, Reading, Refused, answers_to, json_of, until_alone
from clearway_incidents.api.reports import EXAMPLE
from clearway_incidents.commands.imports import Imported, ImportResult, Item
from clearway_incidents.commands.intake import Submission
from clearway_incidents.domain.errors import Refusal, SentAtOnce
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import is_transient
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
# A body with so many groups is worth a process of its own. `clearway import` sends as many at once.
LONG_FROM: Final = 4
# A time of recording that is longer ago would change what was known since (`as_of`).
OUTDATED: Final = timedelta(seconds=1)

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

_log = structlog.get_logger(__name__)

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
        begun = await recording.record(_Part(first))
        return TwoWay(_answer(recording, lines, begun), lines, held.pop_all(), at_once=at_once)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some lines, and what was read of them where they were read already."""

    lines: Sequence[Line]
    reading: Reading | None = None
    items: Sequence[Item | Refused] = ()


_Recorded = tuple[list[Imported], list[Refused]]


class _Recording:
    """Records the groups of one request."""

    def __init__(self, request: Request, platform: Platform, principal: Principal, wiring: Wiring) -> None:
        self.request = request
        self.counts: Counter[ImportResult] = Counter()
        self._platform = platform
        self._principal = principal
        self._wiring = wiring
        self._groups = 1

    async def next(self, lines: Lines) -> _Part | None:
        """The next lines of the body, where there are some: read already where there is a process for that."""
        group = await lines.group(GROUP, MOMENT_SECONDS)
        if not group:
            return None
        await self.count()
        self._groups += 1
        reading = self._reading()
        items = await self._wiring.reading.read(reading, group, may_start=self._groups >= LONG_FROM)
        return _Part(group) if items is None else _Part(group, reading, items)

    async def record(self, part: _Part) -> bytes:
        """Record a part in a transaction; the lines of the answer, once it is on disk."""
        group = part.lines
        async with turn_of_part(self.request.scope, self._principal.mission):
            reading, items = part.reading, part.items
            if reading is None or reading.act.at + OUTDATED < self._wiring.clock.now():
                reading = self._reading()
                items = await of_each(reading.line, group)
            self._platform.stored.check(self._principal.mission)
            recorded, failed = await self._recorded([item for item in items if isinstance(item, Item)], reading, group)
        self._platform.stored.add(self._principal.mission, sum(len(line.text or b"") for line in group))
        refused = [item for item in items if isinstance(item, Refused)]
        results = answers_to([*refused, *failed], recorded)
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

    def _reading(self) -> Reading:
        imports = self._wiring.imports.once()
        return Reading(imports, imports.revisions.act(self._principal), self._principal.mission)

    async def _recorded(self, items: Sequence[Item], reading: Reading, group: Sequence[Line]) -> _Recorded:
        """What became of the items of a group, in one transaction. Where that fails by a fault of ours, in one for
        each: a line that cannot be recorded stops no other."""
        texts = {line.number: line.text for line in group}

        def sent(line: int) -> Submission:
            return reading.sent(json_of(texts[line] or b""))

        async def write(some: Sequence[Item]) -> list[Imported]:
            async with self._platform.database.of(self._principal.mission).write() as transaction:
                return await self._wiring.imports.import_batch(transaction, self._principal, some, sent)

        if not items:
            return [], []
        try:
            return await until_alone(partial(write, items)), []
        except Exception as error:
            if isinstance(error, Refusal) or is_transient(error):
                raise
            _log.exception("a group of reports in bulk failed; its lines are recorded one by one", lines=len(items))
        recorded, failed = list[Imported](), list[Refused]()
        for item in items:
            try:
                recorded += await until_alone(partial(write, [item]))
            except Exception as error:
                if isinstance(error, Refusal) or is_transient(error):
                    raise
                _log.exception("a line of reports in bulk cannot be recorded", line=item.line)
                failed.append(Refused.because(item.line, "could not be recorded", "Ask the operator: the log has why."))
        return recorded, failed


async def _answer(recording: _Recording, lines: Lines, begun: bytes) -> AsyncIterator[bytes]:
    """The lines of the answer, group by group, and its end."""
    yield begun
    # What comes next is read while this is recorded.
    coming = _ahead(recording.next(lines))
    try:
        while (part := await coming) is not None:
            coming = _ahead(recording.next(lines))
            yield await recording.record(part)
    except ClientDisconnect:
        raise
    except Exception as error:
        request = recording.request
        refusal = refusal_of(error, request)
        problem = details(refusal, path=request.url.path, request_id=request_id_of(request))
        yield recording.end(ProblemDetails.model_validate(problem))
    else:
        yield recording.end(None)
    finally:
        coming.cancel()


def _ahead(work: Coroutine[Any, Any, _Part | None]) -> asyncio.Task[_Part | None]:
    """Work that goes on beside. Where it fails after nobody waits for it any more, nobody is told."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
