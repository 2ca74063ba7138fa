"""One address for all services: the first segment after /v1 says whose a request is."""

from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from clearway_platform.web.problems import RETRY_SECONDS, Problem, problem_response

API_ROOT = "/v1"


class Dispatcher:
    """Hands each request to the application that owns its first segment, and all others to `operations`.

    While `missing` says what the applications still lack, their requests are answered 503 with its words.
    """

    def __init__(
        self, applications: Mapping[str, ASGIApp], operations: ASGIApp, missing: Callable[[], str | None]
    ) -> None:
        self._applications = applications
        self._operations = operations
        self._missing = missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root, _, rest = scope["path"].removeprefix("/").partition("/")
        segment = rest.partition("/")[0] if f"/{root}" == API_ROOT else ""
        if segment in self._applications and (missing := self._missing()) is not None:
            problem = Problem(503, missing, headers={"Retry-After": str(RETRY_SECONDS)})
            answer = problem_response(problem, path=scope["path"], request_id=scope.get("state", {}).get("request_id"))
            await answer(scope, receive, send)
            return
        await self._applications.get(segment, self._operations)(scope, receive, send)
