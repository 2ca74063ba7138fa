"""Keys over HTTP: each caller reads its own, administrators those of their mission. The command line makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from clearway_platform.auth.ceilings import EVERY_ORGANISATION, Ceiling
from clearway_platform.auth.permissions import KEYS as LIST_KEYS
from clearway_platform.auth.permissions import PLATFORM, SESSION
from clearway_platform.auth.principals import KeyRecord, KeyState, Principal, Role
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.document import PERMISSIONS
from clearway_platform.web.joined import permissions_of_role
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, decode_moment, encode_cursor
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.routing import Router

KEYS: Final = {"Keys": "What a key is and may do. Keys are made, rotated and revoked with `clearway keys`."}
"""The tag of these routes in the OpenAPI document."""

router: Final = Router(tags=["Keys"])

_IN_EVERY_SCOPE: Final = frozenset(permission.name for permission in PLATFORM if permission.in_every_scope)

_CEILING: Final = (
    "Up to which marks the key reads. Of what is releasable to named organisations alone, it reads what names its "
    f"`organisation`: null is none of it, `{EVERY_ORGANISATION}` all of it."
)


class _Described(BaseModel):
    key_id: str
    name: str
    person: str | None = Field(description="The person who owns it; null where it was made for none.")
    system: str | None = Field(description="The system that owns it; null where it was made for none.")
    role: Role
    ceiling: Ceiling = Field(description=_CEILING)
    expires_at: datetime | None = Field(description="From when it is refused; null where it does not expire.")


class KeyView(_Described):
    """A key without its secret."""

    state: KeyState = Field(description="A key that is `replaced` is accepted until it expires.")
    created_at: datetime
    revoked_at: datetime | None = Field(description="Since when it is refused; null while it is not revoked.")
    last_used_at: datetime | None = Field(description="To the minute; null where it was not used yet.")
    replaced_by: str | None = Field(description="The key that replaces it, and has its subscriptions.")
    scopes: list[str] | None = Field(description="The permissions to which it is limited; null is all of its role.")
    networks: list[str] = Field(description="The networks from which it is accepted; empty is all.")

    @classmethod
    def of(cls, record: KeyRecord, now: datetime) -> Self:
        principal = record.principal
        times = {name: getattr(record, name) for name in ("created_at", "revoked_at", "last_used_at")}
        limits = {
            "scopes": None if principal.scopes is None else sorted(principal.scopes),
            "networks": list(principal.networks),
            "replaced_by": principal.successor,
            "state": record.state(now),
        }
        return cls.model_validate(_described(principal) | times | limits)


class Session(_Described):
    """The key of this request, and what it may do."""

    mission: str
    permissions: list[str] = Field(
        description=f"The names of what it may do in all services: `{PERMISSIONS}` of the security scheme "
        "`api_key` in this document says what each of them is."
    )
    zone: str = Field(description="The time zone in which the mission reads times, as an IANA name.")


@router.get("/v1/session", operation_id="session.get", summary="Read what your key may do")
async def get_session(request: Request, principal: Annotated[Principal, Depends(require(SESSION))]) -> Session:
    """Whose key this is, its mission, role, permissions and ceiling: so a page offers only what will be granted."""
    named = permissions_of_role(principal.role)
    scopes = principal.scopes
    permitted = named if scopes is None else tuple(name for name in named if name in scopes | _IN_EVERY_SCOPE)
    own = {"mission": principal.mission, "permissions": permitted}
    zone = platform_of(request).settings.mission_zone
    return Session.model_validate(_described(principal) | own | {"zone": zone})


@router.get("/v1/keys", operation_id="keys.list", summary="List keys")
async def list_keys(
    request: Request,
    principal: Annotated[Principal, Depends(require(LIST_KEYS))],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[KeyView]:
    """The keys of the mission, the oldest first, those that have ended too. Their secrets are not stored."""
    platform = platform_of(request)
    keys, now = platform.keys, platform.clock.now()
    found = await keys.list(principal.mission, after=_after(cursor), limit=limit + 1)
    following = encode_cursor(*_sort_key(found[limit - 1])) if len(found) > limit else None
    return Page(items=[KeyView.of(record, now) for record in found[:limit]], next=following)


def _described(principal: Principal) -> dict[str, object]:
    owner = {"person": principal.person, "system": principal.system}
    named = {"key_id": principal.id, "name": principal.name, "role": principal.role, "expires_at": principal.expires_at}
    return {**named, **owner, "ceiling": principal.ceiling}


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
