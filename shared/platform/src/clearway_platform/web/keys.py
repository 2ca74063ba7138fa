"""Keys over HTTP: each caller reads its own, administrators those of their mission. The command line makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from clearway_platform.auth.ceilings import EVERY_ORGANISATION, Ceiling
from clearway_platform.auth.permissions import KEYS as LIST_KEYS
from clearway_platform.auth.permissions import SESSION
from clearway_platform.auth.principals import KeyRecord, Principal, Role
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.document import PERMISSIONS
from clearway_platform.web.joined import permissions_of_role
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, decode_moment, encode_cursor
from clearway_platform.web.problems import BadCursor

KEYS: Final = {"Keys": "What a key is and may do. Keys are made and revoked with `clearway keys`."}
"""The tag of these routes in the OpenAPI document."""

router: Final = APIRouter(tags=["Keys"])


_CEILING: Final = (
    "Up to which marks the key reads. Of what is releasable to named organisations alone, it reads what names its "
    f"`organisation`: null is none of it, `{EVERY_ORGANISATION}` all of it."
)


class KeyView(BaseModel):
    """A key without its secret."""

    key_id: str
    name: str
    person: str | None = Field(description="Who holds it; null where it was made for no person.")
    role: Role
    ceiling: Ceiling = Field(description=_CEILING)
    created_at: datetime
    revoked_at: datetime | None = Field(description="Since when it is refused; null while it is in use.")

    @classmethod
    def of(cls, record: KeyRecord) -> Self:
        times = {"created_at": record.created_at, "revoked_at": record.revoked_at}
        return cls.model_validate(_described(record.principal) | times)


class Session(BaseModel):
    """The key of this request, and what it may do."""

    key_id: str
    name: str
    person: str | None = Field(description="Who holds it; null where it was made for no person.")
    mission: str
    role: Role
    permissions: list[str] = Field(
        description=f"The names of what the role may do in all services: `{PERMISSIONS}` of the security scheme "
        "`api_key` in this document says what each of them is."
    )
    ceiling: Ceiling = Field(description=_CEILING)
    zone: str = Field(description="The time zone in which the mission reads times, as an IANA name.")


@router.get("/v1/session", operation_id="session.get", summary="Read what your key may do")
async def get_session(request: Request, principal: Annotated[Principal, Depends(require(SESSION))]) -> Session:
    """Whose key this is, its mission, role, permissions and ceiling: so a page offers only what will be granted."""
    own = {"mission": principal.mission, "permissions": permissions_of_role(principal.role)}
    zone = platform_of(request).settings.mission_zone
    return Session.model_validate(_described(principal) | own | {"zone": zone})


@router.get("/v1/keys", operation_id="keys.list", summary="List keys")
async def list_keys(
    request: Request,
    principal: Annotated[Principal, Depends(require(LIST_KEYS))],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[KeyView]:
    """The keys of the mission, the oldest first, revoked ones too. Their secrets are not stored."""
    keys = platform_of(request).keys
    found = await keys.list(principal.mission, after=_after(cursor), limit=limit + 1)
    following = encode_cursor(*_sort_key(found[limit - 1])) if len(found) > limit else None
    return Page(items=[KeyView.of(record) for record in found[:limit]], next=following)


def _described(principal: Principal) -> dict[str, object]:
    named = {"key_id": principal.id, "name": principal.name, "person": principal.person, "role": principal.role}
    return {**named, "ceiling": principal.ceiling}


def _sort_key(record: KeyRecord) -> tuple[str, str]:
    return record.created_at.isoformat(), record.principal.id


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    sort_key = decode_cursor(cursor, str, str)
    if sort_key is None:
        return None
    created_at, key_id = sort_key
    if not key_id.isalnum():
        raise BadCursor
    return decode_moment(created_at), key_id
