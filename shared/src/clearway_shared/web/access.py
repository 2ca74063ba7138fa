"""Who may do what: the API key of each request, and the permission that a route asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from structlog.contextvars import bind_contextvars

from clearway_shared.auth import Permission, Principal
from clearway_shared.roles import roles_table
from clearway_shared.service import Platform
from clearway_shared.web.codes import Code
from clearway_shared.web.problems import Problem

_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="api_key",
    description="An API key of one mission, as `clearway keys create` prints it: `Authorization: Bearer cwk_…`. "
    f"Its role says what it may do. {roles_table()}",
)

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def platform_of(request: Request) -> Platform:
    """The platform that the application was built with."""
    platform: Platform = request.app.state.platform
    return platform


async def authenticated(request: Request, credentials: Credentials) -> Principal:
    """The caller. Raises 401 without a key that is valid now."""
    if credentials is None:
        raise _unauthorized("This needs an API key: send `Authorization: Bearer cwk_…`.", Code.NO_KEY)
    principal = await platform_of(request).keys.principal(credentials.credentials)
    if principal is None:
        raise _unauthorized(
            "This API key is unknown or was revoked. Ask your mission's administrator for another.", Code.BAD_KEY
        )
    bind_contextvars(principal=principal.id)
    return principal


Authenticated = Annotated[Principal, Depends(authenticated)]


def require(permission: Permission) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency that gives the caller, and answers 403 when its role has not `permission`."""

    async def permitted(principal: Authenticated) -> Principal:
        if not principal.may(permission):
            raise Problem(
                403, f"The role {principal.role} may not do this: it needs {permission}. Use a key of another role."
            )
        return principal

    return permitted


def _unauthorized(detail: str, code: Code) -> Problem:
    return Problem(401, detail, code=code, headers={"WWW-Authenticate": "Bearer"})
