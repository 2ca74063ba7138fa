"""Conditional requests: a revision as an ETag, so that no client overwrites a revision that it has not seen."""

import hashlib
import re
from typing import Annotated, Final

from fastapi import Depends, Header

from clearway_platform.codes import Code
from clearway_platform.refusals import RevisionMissing
from clearway_platform.web.problems import FieldError, Problem

_ETAG: Final = re.compile(r'^(?:W/)?"(\d{1,9})(?:\.[0-9a-f]+)?"$')


def etag(revision: int, besides: str = "") -> str:
    """The entity tag of a revision: a strong one, `"3"`. `besides` is what the answer tells that changes without a
    revision: the tag, as in `"3.5f0c9a"`, changes with it too, and names the revision all the same."""
    part = f".{hashlib.blake2b(besides.encode(), digest_size=6).hexdigest()}" if besides else ""
    return f'"{revision}{part}"'


NOTHING_CHANGED: Final = {"Nothing-Changed": "true"}
"""A header of the answer to a change that changed nothing."""


async def if_match(
    value: Annotated[
        str | None, Header(alias="If-Match", description='The ETag that you last read, as in `"3"`.')
    ] = None,
) -> int:
    """The revision that the caller has seen. Raises 428 without the header, 400 when it is no ETag of a revision."""
    if value is None:
        raise RevisionMissing
    found = _ETAG.match(value.strip())
    if found is None:
        remedy = 'Send the ETag that you last read, with its quotes, as in "3".'
        error = FieldError(field="header.If-Match", problem="not an ETag", remedy=remedy)
        raise Problem(400, f"If-Match is not the ETag of one revision. {remedy}", code=Code.BAD_ETAG, errors=[error])
    return int(found[1])


IfMatch = Annotated[int, Depends(if_match)]
