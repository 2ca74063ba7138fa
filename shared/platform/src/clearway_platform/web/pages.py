"""Pages of a list, by an opaque cursor: items that are added meanwhile do not move the pages."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from clearway_platform.web.problems import BadCursor

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=500, description="The most items on the page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the previous page.")]


class Page(BaseModel, Generic[Item]):
    """A page of a list. `next` is the cursor of the next page; null at the end."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """The schema's name in the OpenAPI document: IncidentPage for IncidentBody."""
        name: str = params[0].__name__
        return name.removesuffix("Body").removesuffix("View") + "Page"

    items: list[Item]
    next: str | None = Field(default=None, description="Send it as `cursor` to get the next page.")


def encode_cursor(*sort_key: str | int) -> str:
    """The sort key of the last item of a page, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(sort_key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The sort key that `encode_cursor` was given, of these types; None without a cursor. Raises BadCursor."""
    if cursor is None:
        return None
    try:
        sort_key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(sort_key, list) and [type(part) for part in sort_key] == list(kinds):
            return tuple(sort_key)
    except (ValueError, binascii.Error, RecursionError):
        pass
    raise BadCursor


def decode_moment(text: str) -> datetime:
    """A time in a cursor. Raises BadCursor."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadCursor
