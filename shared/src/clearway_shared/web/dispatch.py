"""One address for all services: the first segment after /v1 says whose a request is."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

API_ROOT = "/v1"


class Dispatcher:
    """Hands each request to the application that owns its first segment, and all others to `operations`."""

    def __init__(self, applications: Mapping[str, ASGIApp], operations: ASGIApp) -> None:
        self._applications = applications
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root, _, rest = scope["path"].removeprefix("/").partition("/")
        segment = rest.partition("/")[0] if f"/{root}" == API_ROOT else ""
        await self._applications.get(segment, self._operations)(scope, receive, send)
