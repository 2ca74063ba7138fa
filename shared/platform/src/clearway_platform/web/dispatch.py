"""One address for all services: a request goes to the application whose mount is the longest prefix of its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from clearway_platform.web.problems import RETRY_SECONDS, Problem, problem_response


class Dispatcher:
    """Passes each request to the application of its mount, and all others to `operations`.

    A mount matches whole segments: `/v1/things` does not match `/v1/things-old`. Paths under one in `reserved` go to
    `operations`, unless a longer mount matches. While `missing` returns a text, requests to the applications are
    answered 503 with it.
    """

    def __init__(
        self,
        applications: Mapping[str, ASGIApp],
        operations: ASGIApp,
        missing: Callable[[], str | None],
        reserved: tuple[str, ...] = (),
    ) -> None:
        self._mounts = {_segments(path): app for path, app in applications.items()}
        self._mounts |= {_segments(path): operations for path in reserved}
        self._longest = max((len(segments) for segments in self._mounts), default=0)
        self._operations = operations
        self._missing = missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        application = self._answering(scope["path"])
        if application is not self._operations and (missing := self._missing()) is not None:
            problem = Problem(503, missing, headers={"Retry-After": str(RETRY_SECONDS)})
            answer = problem_response(problem, path=scope["path"], request_id=scope.get("state", {}).get("request_id"))
            await answer(scope, receive, send)
            return
        await application(scope, receive, send)

    def _answering(self, path: str) -> ASGIApp:
        segments = tuple(path.split("/", self._longest + 1)[1 : self._longest + 1])
        for length in range(len(segments), -1, -1):
            if (application := self._mounts.get(segments[:length])) is not None:
                return application
        return self._operations


def _segments(mount: str) -> tuple[str, ...]:
    return tuple(part for part in mount.split("/") if part)
