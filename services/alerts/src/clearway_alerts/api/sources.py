"""Watched sources: watch one for silence, list, read, change, stop watching."""

from functools import partial
from typing import Final
from uuid import UUID

from fastapi import Response

from clearway_alerts.api.cursors import cursor_id, next_cursor
from clearway_alerts.api.dependencies import Changing, ChangingSource, Reader, SourceWatcher, Wired, Wiring
from clearway_alerts.api.source_bodies import SourceBody, SourcePatch, SourceView
from clearway_alerts.commands.sources import NewSource
from clearway_alerts.commands.subscriptions import Kept
from clearway_alerts.domain.errors import NoSuchSource
from clearway_alerts.queries.sources import one_source, page_of_sources
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.web.conditional import NOTHING_CHANGED, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.pages import Cursor, Limit, Page
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router: Final = Router(prefix="/v1/sources", tags=["Watched sources"])


@router.post(
    "",
    operation_id="sources.watch",
    summary="Watch a source for silence",
    status_code=201,
    response_model=SourceView,
    responses={201: {"headers": header("ETag") | header("Location")}},
)
async def watch_source(body: SourceBody, principal: SourceWatcher, wiring: Wired, write: Write) -> Response:
    """From now on an alert is raised when nothing is heard from it for as long as `quiet_after`: for every subscription
    whose filter lets silent sources through. The alert is cancelled when it is heard again."""
    return await write(partial(_create, wiring, principal, body.wanted()))


async def _create(wiring: Wiring, principal: Principal, wanted: NewSource, transaction: Transaction) -> Reply:
    row = await wiring.sources.create(transaction, principal, wanted)
    headers = {"ETag": etag(row["revision"]), "Location": f"/v1/sources/{row['id']}"}
    return Reply(201, SourceView.of(row), headers)


@router.get("", operation_id="sources.list", summary="List watched sources")
async def list_sources(
    principal: Reader, connection: Reading, limit: Limit = 100, cursor: Cursor = None
) -> Page[SourceView]:
    """Oldest first, each with when it was last heard."""
    rows = await page_of_sources(connection, principal.mission, cursor_id(cursor), limit + 1)
    following = next_cursor([row["id"] for row in rows], limit)
    return Page(items=[SourceView.of(row) for row in rows[:limit]], next=following)


@router.get("/{source_id}", operation_id="sources.get", summary="Read a watched source")
async def get_source(source_id: UUID, principal: Reader, connection: Reading, response: Response) -> SourceView:
    """When it was last heard, and whether it is silent."""
    row = await one_source(connection, principal.mission, source_id)
    if row is None:
        raise NoSuchSource(source_id)
    view = SourceView.of(row)
    # What is heard is no revision.
    response.headers["ETag"] = etag(view.revision, view.model_dump_json())
    return view


@router.patch(
    "/{source_id}",
    operation_id="sources.change",
    summary="Change a watched source",
    response_model=SourceView,
    responses=REVISED,
)
async def change_source(body: SourcePatch, changing: ChangingSource) -> Response:
    """Change its name, or how long it may be quiet. The new time counts from when it was last heard."""
    change = partial(changing.wiring.sources.change, name=body.name, quiet_after=body.quiet_after)
    return await changing.run(change, _kept)


@router.delete("/{source_id}", operation_id="sources.delete", summary="Stop watching a source", status_code=204)
async def delete_source(changing: ChangingSource) -> Response:
    """It is no longer watched. Everyone who was told that it is silent is told that."""
    return await changing.run(changing.wiring.sources.delete, _deleted)


def _kept(_: Changing, kept: Kept) -> Reply:
    headers = {"ETag": etag(kept.row["revision"])}
    return Reply(200, SourceView.of(kept.row), headers if kept.changed else headers | NOTHING_CHANGED)


def _deleted(_: Changing, __: Kept) -> Reply:
    return Reply(204)
