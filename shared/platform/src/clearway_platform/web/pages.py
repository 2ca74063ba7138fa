"""Pages of a list: an opaque cursor that stays where it is while others write."""

import base64
import binascii
import json
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from clearway_platform.web.problems import BadCursor

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """A part of a list. `next` is the cursor of the following part; absent at the end."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """The page's name in the documents: of IncidentBody it is IncidentPage."""
        name: str = params[0].__name__
        return name.removesuffix("Body").removesuffix("View") + "Page"

    items: list[Item]
    next: str | None = Field(default=None, description="Send as `cursor` to get the following items.")


def encode_cursor(*place: str | int) -> str:
    """A place in a sorted list as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place that `encode_cursor` was given, of these types; None without a cursor. Raises a 400 problem."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(place, list) and [type(part) for part in place] == list(kinds):
            return tuple(place)
    except (ValueError, binascii.Error, RecursionError):
        pass
    raise BadCursor
