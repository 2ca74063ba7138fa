"""Writes: the change and its answer are stored in one transaction, so that a repeat gets the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request
from pydantic_core import to_json, to_jsonable_python
from sqlalchemy import bindparam, select, update
from starlette.responses import Response

from clearway_platform.auth.principals import Principal
from clearway_platform.codes import Code
from clearway_platform.database.engines import Transaction, on_either
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import IdempotencyRow
from clearway_platform.service import Platform
from clearway_platform.web.access import Authenticated, platform_of
from clearway_platform.web.never_limited import is_never_limited
from clearway_platform.web.problems import FieldError, Problem

_ROWS: Final = table_of(IdempotencyRow)
# Built once: building a statement costs more than executing it.
_TAKE: Final = on_either(lambda new: new.on_conflict_do_nothing().returning(_ROWS.c.key), _ROWS)
_ITS_OWN: Final = tuple(_ROWS.c[name] == bindparam(f"of_{name}") for name in ("mission", "principal", "key"))
_EARLIER: Final = select(_ROWS).where(*_ITS_OWN)
_KEEP: Final = update(_ROWS).where(*_ITS_OWN)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Any unique text. A repeat with the same key and body gets the first answer and changes nothing.",
    ),
]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a command: a body that can be written as JSON, and headers.

    `once` names fields of the body that only the first answer has. They are not stored: a repeat has null there.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    once: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """What a write has of its request: its Idempotency-Key, if it has one, with a hash of the whole, and its size."""

    key: str | None
    fingerprint: str
    size: int
    is_never_limited: bool


Command = Callable[[Transaction], Awaitable[Reply]]


class WriteRequest:
    """One request that writes. Calling it runs the command in a transaction, and returns the response."""

    def __init__(self, platform: Platform, principal: Principal, sent: Sent) -> None:
        self._platform = platform
        self._principal = principal
        self._sent = sent

    async def __call__(self, command: Command) -> Response:
        """Run `command` once. When it raises, nothing is stored, not even the key."""
        if not self._sent.is_never_limited:
            self._platform.stored.check(self._principal.mission)
        async with self._platform.database.of(self._principal.mission).write() as transaction:
            if (key := self._sent.key) is None:
                reply = await command(transaction)
                response = _render(reply)
            else:
                if (earlier := await self._take(transaction, key)) is not None:
                    return earlier
                reply = await command(transaction)
                response = _render(reply)
                await self._keep(transaction, key, _render(_without_once(reply)) if reply.once else response)
        # What is on record is about what was sent, or what was made of it, as of a small change to something large.
        self._platform.stored.add(self._principal.mission, max(self._sent.size, len(response.body)))
        return response

    async def _take(self, transaction: Transaction, key: str) -> Response | None:
        """Take the key, or return the first answer under it. Waits for a running request with the same key."""
        row = {
            "mission": self._principal.mission,
            "principal": self._principal.id,
            "key": key,
            "fingerprint": self._sent.fingerprint,
            "created_at": self._platform.clock.now(),
        }
        taken = await transaction.connection.execute(_TAKE[transaction.connection.dialect.name], row)
        return None if taken.first() is not None else await self._earlier(transaction, key)

    async def _earlier(self, transaction: Transaction, key: str) -> Response:
        row = (await transaction.connection.execute(_EARLIER, self._of(key))).one()
        if row.fingerprint != self._sent.fingerprint:
            error = FieldError(
                field="header.Idempotency-Key", problem="already used for another request", remedy="Send a new key."
            )
            raise Problem(
                422,
                "This Idempotency-Key was used with another request. Send a new key.",
                code=Code.KEY_REUSED,
                errors=[error],
            )
        return Response(row.body, row.status, {**row.headers, "Idempotency-Replayed": "true"})

    async def _keep(self, transaction: Transaction, key: str, response: Response) -> None:
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        answer = {"status": response.status_code, "headers": kept, "body": bytes(response.body)}
        await transaction.connection.execute(_KEEP, self._of(key) | answer)

    def _of(self, key: str) -> dict[str, Any]:
        return {"of_mission": self._principal.mission, "of_principal": self._principal.id, "of_key": key}


async def write_request(request: Request, principal: Authenticated, key: IdempotencyKey = None) -> WriteRequest:
    """A dependency: the write of this request."""
    body = await request.body()
    fingerprint = "" if key is None else _fingerprint(request, body)
    sent = Sent(key, fingerprint, len(body), is_never_limited(request.scope["route"]))
    return WriteRequest(platform_of(request), principal, sent)


Write = Annotated[WriteRequest, Depends(write_request)]


def write_of_large_body(
    request: Request, principal: Principal, key: str | None, digest: str, size: int
) -> WriteRequest:
    """The write of a request whose body was received apart. `digest` is a hash of the body, which was computed off the
    loop; `size` is what of it will be kept, in bytes."""
    fingerprint = "" if key is None else _fingerprint(request, digest.encode())
    sent = Sent(key, fingerprint, size, is_never_limited(request.scope["route"]))
    return WriteRequest(platform_of(request), principal, sent)


def _fingerprint(request: Request, body: bytes) -> str:
    """A hash of method, address, condition and body: equal requests have equal ones."""
    condition = request.headers.get("if-match", "")
    head = f"{request.method} {request.url.path}?{request.url.query} {condition}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def _without_once(reply: Reply) -> Reply:
    return replace(reply, body=to_jsonable_python(reply.body) | dict.fromkeys(reply.once))


def _render(reply: Reply) -> Response:
    content = b"" if reply.body is None else to_json(reply.body)
    media_type = None if reply.body is None else "application/json"
    return Response(content, reply.status, dict(reply.headers), media_type=media_type)
