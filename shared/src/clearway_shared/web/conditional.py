"""Conditional requests: a revision as an ETag, so that no one overwrites what they have not seen."""

import re
from typing import Annotated, Final

from fastapi import Depends, Header

from clearway_shared.web.problems import FieldError, Problem, precondition_required

_ETAG: Final = re.compile(r'^(?:W/)?"(\d{1,9})"$')


def etag(revision: int) -> str:
    """The entity tag of a revision: a strong one, `"3"`."""
    return f'"{revision}"'


def matches(if_none_match: str | None, revision: int) -> bool:
    """Whether the reader already has this revision."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag(revision) in tags


async def if_match(
    value: Annotated[
        str | None, Header(alias="If-Match", description='The ETag that you last read, as in `"3"`.')
    ] = None,
) -> int:
    """The revision that the caller has seen. Raises 428 when the header is missing, 400 when it is no ETag of ours."""
    if value is None:
        raise precondition_required()
    found = _ETAG.match(value.strip())
    if found is None:
        error = FieldError(field="header.If-Match", problem="not an ETag", remedy='Send the ETag you read, as in "3".')
        raise Problem(400, "If-Match must be the ETag of one revision.", errors=[error])
    return int(found[1])


IfMatch = Annotated[int, Depends(if_match)]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]
