"""Photos of incidents: sent, listed, shown, removed."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Self
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Row
from starlette.responses import Response

from clearway_incidents.api.bodies import ReasonBody
from clearway_incidents.api.dependencies import Assessor, Reader, Reporter, Wired, Wiring
from clearway_incidents.api.filters import AsOf
from clearway_incidents.api.restricted import note_read
from clearway_incidents.api.texts import Text
from clearway_incidents.domain.errors import (
    NoPhotoStore,
    NotAPhoto,
    NotNow,
    PhotoInfected,
    UnknownAttachment,
    UnknownIncident,
)
from clearway_incidents.domain.photo import MEDIA_TYPE, Photo
from clearway_incidents.photos.stores.store import image_address, thumbnail_address
from clearway_incidents.queries import attachments as queries
from clearway_platform.audit.records import RecordKind
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.service import LargeBody
from clearway_platform.web.access import platform_of
from clearway_platform.web.audited import note_done
from clearway_platform.web.conditional import NOTHING_CHANGED
from clearway_platform.web.document import header
from clearway_platform.web.large_bodies import received
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.representation import matches
from clearway_platform.web.routing import Router
from clearway_platform.web.turns import leave_turn
from clearway_platform.web.writes import IdempotencyKey, Reply, Write, write_of_large_body

_OF_INCIDENT: Final = "/v1/incidents/{incident_id}/attachments"
_ONE: Final = f"{_OF_INCIDENT}/{{attachment_id}}"

router = Router(tags=["Photos of incidents"])

Caption = Annotated[Text | None, Query(description="What it shows. It is removed with the photo.")]

# As what it is declared counts for nothing, so the document has the one type that every generator of clients knows.
_SENT: Final = {
    "requestBody": {
        "required": True,
        "description": "The bytes of a JPEG, PNG or WebP. What it is follows from them: Content-Type is not asked.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_IMAGE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
# A browser that opens it shows or runs nothing of it by itself. It keeps none (`no-store`, as of all data): a device
# may be lost. A program that keeps a photo asks again with its ETag.
_POLICY: Final = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}


def large_body(most: int) -> LargeBody:
    """The operation that takes a photo, of so many bytes at most."""
    return LargeBody("POST", _OF_INCIDENT, most)


class AttachmentRemoval(BaseModel):
    """When a photo was removed, by which key, and why."""

    at: datetime
    by: str
    reason: str


class AttachmentBody(BaseModel):
    """A photo of an incident: cleaned, and never what was sent. `sha256` is of the bytes at `content`."""

    attachment_id: UUID
    incident_id: UUID = Field(description="The incident that it was sent to, which may be merged by now.")
    media_type: str
    size: int = Field(description="In bytes.")
    width: int
    height: int
    sha256: str
    caption: str | None
    sent_by: str
    sent_at: datetime
    removed: AttachmentRemoval | None = Field(description="Its caption and its bytes are gone then.")
    content: str | None = Field(description="The address of the photo; null once it was removed.")
    thumbnail: str | None = Field(description="The address of a small one.")

    @classmethod
    def of(cls, row: Row[Any], as_of: datetime | None = None) -> Self:
        """As it was known then; what is gone by now is not there all the same."""
        address = None if row.removed_at else f"/v1/incidents/{row.incident_id}/attachments/{row.attachment_id}"
        was_removed = row.removed_at is not None and (as_of is None or row.removed_at <= as_of)
        removal = AttachmentRemoval(at=row.removed_at, by=row.removed_by, reason=row.reason) if was_removed else None
        given = {name: row._mapping[name] for name in cls.model_fields if name in row._mapping}
        thumbnail = None if address is None else f"{address}/thumbnail"
        return cls(**given, removed=removal, content=address, thumbnail=thumbnail)


@router.post(
    _OF_INCIDENT,
    operation_id="incidents.attach",
    summary="Send a photo",
    status_code=201,
    response_model=AttachmentBody,
    openapi_extra=_SENT,
    responses={
        200: {
            "model": AttachmentBody,
            "description": "The incident has this photo already.",
            "headers": header("Location"),
        },
        201: {"headers": header("Location")},
        **raises(NotNow, NoPhotoStore, NotAPhoto, PhotoInfected),
    },
)
async def attach(
    request: Request,
    incident_id: UUID,
    principal: Reporter,
    wiring: Wired,
    key: IdempotencyKey = None,
    caption: Caption = None,
) -> Response:
    """A JPEG, PNG or WebP, as the body. It is turned upright, made smaller where it is larger than 2560 pixels, and
    stripped of everything but its pixels: place, time and device are not kept. A photo warns nobody and makes no
    revision."""
    await wiring.attaching.check(principal, incident_id, caption)
    async with wiring.receiving.of(principal.mission):
        photo = await _photo(request, incident_id, wiring)
        attachment_id = await wiring.attaching.keep_bytes(principal, incident_id, photo)
    record = partial(
        wiring.attaching.record, incident_id=incident_id, photo=photo, attachment_id=attachment_id, caption=caption
    )

    added: list[Row[Any]] = []

    async def command(transaction: Transaction) -> Reply:
        attached = await record(transaction, principal)
        added.extend([attached.row] * attached.created)
        body = AttachmentBody.of(attached.row)
        return Reply(201 if attached.created else 200, body, {"Location": str(body.content)})

    answer = await write_of_large_body(request, principal, key, photo.sent_hash, photo.size)(command)
    for row in added:
        note_done(request, RecordKind.FILE_ADDED, _subject(row))
    return answer


@router.get(_OF_INCIDENT, operation_id="incidents.list_attachments", summary="List its photos")
async def listing(
    request: Request,
    incident_id: UUID,
    principal: Reader,
    wiring: Wired,
    reading: Reading,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AttachmentBody]:
    """The first sent first, with those of what was merged into it. For keys that read the whole incident; to others it
    is not there. A photo that was removed is listed with its removal."""
    end = _end(cursor)
    album = await queries.album(reading, wiring.states, principal, incident_id, as_of)
    if album is None:
        raise UnknownIncident(incident_id)
    found = await queries.attachments(reading, principal.mission, album.incidents, as_of, end, limit + 1)
    note_read(request, principal, incident_id, *album.handlings)
    items = [AttachmentBody.of(row, as_of) for row in found[:limit]]
    return Page(items=items, next=encode_cursor(str(items[-1].attachment_id)) if len(found) > limit else None)


@router.get(
    _ONE, operation_id="incidents.get_attachment", summary="Show a photo", response_class=Response, responses=_IMAGE
)
async def content(
    request: Request, incident_id: UUID, attachment_id: UUID, principal: Reader, wiring: Wired
) -> Response:
    """Its bytes, which never change."""
    row = await _shown(request, incident_id, attachment_id, principal, wiring)
    return await _bytes(request, wiring, row.sha256, image_address(row.mission, row.sha256, attachment_id))


@router.get(
    f"{_ONE}/thumbnail",
    operation_id="incidents.get_attachment_thumbnail",
    summary="Show a photo small",
    response_class=Response,
    responses=_IMAGE,
)
async def thumbnail(
    request: Request, incident_id: UUID, attachment_id: UUID, principal: Reader, wiring: Wired
) -> Response:
    """320 pixels at most."""
    row = await _shown(request, incident_id, attachment_id, principal, wiring)
    return await _bytes(
        request, wiring, row.thumbnail_sha256, thumbnail_address(row.mission, row.sha256, attachment_id)
    )


@router.post(f"{_ONE}/remove", operation_id="incidents.remove_attachment", summary="Remove a photo")
async def remove(
    request: Request,
    incident_id: UUID,
    attachment_id: UUID,
    sent: ReasonBody,
    principal: Assessor,
    wiring: Wired,
    write: Write,
) -> Response:
    """Its caption goes at once, its bytes within a minute. That it was there, when it was removed, by whom and why
    stays in the list."""

    removed: list[Row[Any]] = []

    async def command(transaction: Transaction) -> Reply:
        album = await queries.album(transaction.connection, wiring.states, principal, incident_id)
        of = () if album is None else album.incidents
        row = await queries.attachment(transaction.connection, principal.mission, of, attachment_id)
        if row is None:
            raise UnknownAttachment(attachment_id)
        if row.removed_at is not None:
            return Reply(200, AttachmentBody.of(row), NOTHING_CHANGED)
        removed.append(await wiring.attaching.remove(transaction, principal, row, reason=sent.reason))
        return Reply(200, AttachmentBody.of(removed[-1]))

    answer = await write(command)
    for row in removed:
        note_done(request, RecordKind.FILE_REMOVED, _subject(row))
    return answer


async def _photo(request: Request, incident_id: UUID, wiring: Wiring) -> Photo:
    """What the body is. The scanner gets what was sent, before anything of ours reads it."""
    sent = await received(request)
    wiring.photos.check_kind(sent)
    try:
        await wiring.scan(sent)
    except PhotoInfected:
        note_done(request, RecordKind.FILE_REFUSED, f"incident {incident_id}")
        raise
    return await wiring.photos.photo_of(sent)


async def _shown(
    request: Request, incident_id: UUID, attachment_id: UUID, principal: Principal, wiring: Wiring
) -> Row[Any]:
    """The row of a photo that this principal may see. Its connection is given back before the store is asked."""
    async with platform_of(request).database.of(principal.mission).read() as connection:
        album = await queries.album(connection, wiring.states, principal, incident_id)
        of = () if album is None else album.incidents
        row = await queries.attachment(connection, principal.mission, of, attachment_id)
    if album is None or row is None or row.removed_at is not None:
        raise UnknownAttachment(attachment_id)
    note_read(request, principal, incident_id, *album.handlings)
    return row


async def _bytes(request: Request, wiring: Wiring, sha256: str, address: str) -> Response:
    etag = f'"{sha256}"'
    headers = {**_POLICY, "ETag": etag}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    # The store may take its time: the mission's other reads do not wait for it.
    await leave_turn(request.scope)
    found = await wiring.attaching.content(address, sha256)
    named = {"Content-Disposition": f'attachment; filename="{sha256[:12]}.jpg"'}
    return Response(found, headers=headers | named, media_type=MEDIA_TYPE)


def _subject(row: Row[Any]) -> str:
    return f"attachment {row.attachment_id} of incident {row.incident_id}"


def _end(cursor: str | None) -> UUID | None:
    """Where the page before ended. Raises a 400 problem."""
    end = decode_cursor(cursor, str)
    if end is None:
        return None
    try:
        return UUID(end[0])
    except ValueError as error:
        raise BadCursor from error
