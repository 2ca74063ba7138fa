"""What a request leaves for the audit: it was refused, it exported data, it read what marks keep from others, it
decided what is given out without a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clearway_platform.audit.records import RecordKind
from clearway_platform.audit.trail import Caller, Trail

_DENIED: Final = (401, 403)
_READ: Final = "audit_read"
_EXPORTED: Final = "audit_exported"
_DONE: Final = "audit_done"


def note_restricted_read(request: Request, subjects: Iterable[str]) -> None:
    """The answer shows fields of these things that marks keep from other keys."""
    request.scope.setdefault("state", {}).setdefault(_READ, []).extend(subjects)


def note_export(request: Request, what: str) -> None:
    """The answer is data in bulk: a file, or a stream."""
    request.scope.setdefault("state", {})[_EXPORTED] = what


def note_done(request: Request, kind: RecordKind, subject: str) -> None:
    """Something was done that the audit holds, also where the answer refuses what was asked."""
    request.scope.setdefault("state", {}).setdefault(_DONE, []).append((kind, subject))


class Audited:
    """ASGI middleware around all applications. It notes as the answer begins, and never waits."""

    def __init__(self, app: ASGIApp, trail: Trail) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"])
            await send(message)

        await self._app(scope, receive, answer)

    def _note(self, scope: Scope, status: int) -> None:
        state = scope.get("state", {})
        caller = _caller(state)
        for kind, subject in state.get(_DONE, ()):
            self._trail.noted(caller, kind, subject)
        if status in _DENIED:
            template = getattr(scope.get("route"), "path", "unmatched")
            self._trail.denied(caller, str(state.get("refused", status)), f"{scope['method']} {template}")
            return
        if status >= 400:
            return
        if subjects := state.get(_READ):
            self._trail.read_restricted(caller, subjects)
        if (what := state.get(_EXPORTED)) is not None:
            self._trail.exported(caller, what)


def _caller(state: dict[str, Any]) -> Caller:
    principal, request_id = state.get("principal"), state.get("request_id")
    if principal is None:
        return Caller(request_id=request_id)
    return Caller(principal.mission, principal.id, request_id)
