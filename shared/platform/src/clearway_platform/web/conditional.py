"""Conditional requests: a revision as an ETag, so that no one overwrites what they have not seen."""

import re
from typing import Annotated, Final

from fastapi import Depends, Header

from clearway_platform.codes import Code
from clearway_platform.refusals import RevisionMissing
from clearway_platform.web.problems import FieldError, Problem

_ETAG: Final = re.compile(r'^(?:W/)?"(\d{1,9})"$')


def etag(revision: int) -> str:
    """The entity tag of a revision: a strong one, `"3"`."""
    return f'"{revision}"'


NOTHING_CHANGED: Final = {"Nothing-Changed": "true"}
"""Says in the answer to a change that everything was so already."""


async def if_match(
    value: Annotated[
        str | None, Header(alias="If-Match", description='The ETag that you last read, as in `"3"`.')
    ] = None,
) -> int:
    """The revision that the caller has seen. Raises 428 when the header is missing, 400 when it is no ETag of ours."""
    if value is None:
        raise RevisionMissing
    found = _ETAG.match(value.strip())
    if found is None:
        remedy = 'Send the ETag that you last read, with its quotes, as in "3".'
        error = FieldError(field="header.If-Match", problem="not an ETag", remedy=remedy)
        raise Problem(400, f"If-Match is not the ETag of one revision. {remedy}", code=Code.BAD_ETAG, errors=[error])
    return int(found[1])


IfMatch = Annotated[int, Depends(if_match)]
