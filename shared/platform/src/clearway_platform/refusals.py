"""Refusals: exceptions whose class determines the answer of the API.

A domain, a command or a query raises one, and `web/problems.py` answers with a problem document. The class has the
code, and with it the status, the title and the page; the instance has the details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Literal, TypeAlias

from clearway_platform.codes import KINDS, Code

RequestPart: TypeAlias = Literal["body", "query", "header", "path"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One error in a request: its place, never its value.

    `place` is dotted, as in `location.point`, within the `part` of the request; empty, it is that part itself.
    """

    place: str
    problem: str
    remedy: str
    part: RequestPart = "body"


class Refusal(Exception):
    """Base of all refusals. A class has its `code`, and its `detail` for instances without a text of their own."""

    code: Code
    detail: str = ""

    def __init__(
        self, detail: str | None = None, *, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        self.detail = self.detail if detail is None else detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        super().__init__(self.detail)

    @property
    def status(self) -> HTTPStatus:
        return KINDS[self.code].status

    @property
    def title(self) -> str:
        return KINDS[self.code].title


class NotFound(Refusal):
    """The object does not exist, or belongs to another mission; the answer is the same. A class has its `noun`."""

    code = Code.NOT_FOUND
    noun: ClassVar[str] = "object"

    def __init__(self, identifier: object, noun: str | None = None) -> None:
        name = noun or self.noun
        super().__init__(f"There is no {name} {str(identifier)[:100]!r} in your mission. Check the id.")


class Conflict(Refusal):
    """The request contradicts the record, or the present state does not allow it."""

    code = Code.CONFLICT


class NotYours(Refusal):
    """The role may do this, but this principal may not do it with this object."""

    code = Code.NOT_YOURS


class NotPermitted(Refusal):
    """The role may not do this."""

    code = Code.NOT_PERMITTED


class Invalid(Refusal):
    """One field is not valid. `place` is dotted, within the body unless `part` names another part."""

    code = Code.INVALID

    def __init__(self, place: str, problem: str, remedy: str, *, part: RequestPart = "body") -> None:
        fault = Fault(place, problem, remedy, part)
        super().__init__(f"{part}.{place}: {problem}. {remedy}", faults=[fault])
        self.fault = fault


class UnknownChoice(Refusal):
    """A parameter names something that does not exist."""

    code = Code.UNKNOWN_CHOICE


class TooLarge(Refusal):
    """The request is larger than the limit."""

    code = Code.TOO_LARGE


class StaleRevision(Refusal):
    """Someone else changed the object first; it is now at revision `current`."""

    code = Code.STALE_REVISION

    def __init__(self, current: int) -> None:
        tag = f'"{current}"'
        super().__init__(
            f"This is now at revision {current}. Read it again, and repeat the change if it still holds.",
            faults=[Fault("If-Match", "stale", f"Read again; the ETag is now {tag}.", "header")],
            headers={"ETag": tag},
        )
        self.current = current


class RevisionMissing(Refusal):
    """The change has no If-Match: it could overwrite a revision that its sender has not seen."""

    code = Code.NO_REVISION
    detail = "This change needs If-Match with the ETag of the revision that you have seen."

    def __init__(self) -> None:
        super().__init__(faults=[Fault("If-Match", "missing", 'Send the ETag you last read, as in "3".', "header")])
