"""The cursor of a list that is sorted by id."""

from uuid import UUID

from clearway_platform.web.pages import decode_cursor, encode_cursor
from clearway_platform.web.problems import BadCursor


def cursor_id(cursor: str | None) -> UUID | None:
    """The id that the page before ended with. Raises a 400 problem when it is not a cursor of such a list."""
    place = decode_cursor(cursor, str)
    try:
        return None if place is None else UUID(place[0])
    except ValueError as error:
        raise BadCursor from error


def next_cursor(ids: list[UUID], limit: int) -> str | None:
    """The cursor after the first `limit` of the ids; None when there are no more."""
    return encode_cursor(str(ids[limit - 1])) if len(ids) > limit else None
