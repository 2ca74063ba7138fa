"""Access: the API key of each request, and the permission that a route requires."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer
from structlog.contextvars import bind_contextvars

from clearway_platform.auth.principals import IssuerAway, NotAuthentic, People, Permission, Principal, is_signed
from clearway_platform.codes import Code
from clearway_platform.limiting.quotas import fields
from clearway_platform.refusals import NotPermitted
from clearway_platform.service import Platform
from clearway_platform.web.envelope import say_in_answer
from clearway_platform.web.never_limited import is_never_limited
from clearway_platform.web.problems import RETRY_SECONDS, Problem
from clearway_platform.web.routing import Route
from clearway_platform.web.turns import take_turn

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="api_key",
    description="An API key of one mission, as `clearway keys create` prints it: `Authorization: Bearer cwk_…`. "
    "Its role determines its permissions. Where people sign in with OpenID Connect, their access token stands in its "
    "place.",
)

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]

stream_ticket: Final = APIKeyQuery(
    name="ticket",
    auto_error=False,
    scheme_name="stream_ticket",
    description="A ticket of `POST /v1/stream-tickets`, instead of the key. It opens one stream, once.",
)


class StreamRoute(APIRoute):
    """The route of a stream: only these accept a stream ticket."""


class PublicRoute(Route):
    """The route of what a mission publishes: only these are read without a key, by a page of any origin. What they give
    must cost next to nothing, since anyone may ask for it: they take no turn, and are counted by address alone."""


_TO_EVERY_PAGE: Final = {"Access-Control-Allow-Origin": "*"}


def platform_of(request: Request) -> Platform:
    """The platform on which the application was built."""
    platform: Platform = request.app.state.platform
    return platform


async def admitted(request: Request, credentials: Credentials) -> Principal | None:
    """The caller, whose request is counted, and has its turn if it is a read; None where no key is asked for. Raises
    401 without a valid key or token, or, on a stream, an unused ticket, 503 while a token cannot be checked, and 429
    when a share is used up."""
    shares, is_limited = platform_of(request).shares, not is_never_limited(request.scope["route"])
    if isinstance(request.scope["route"], PublicRoute):
        say_in_answer(request.scope, _TO_EVERY_PAGE)
        await shares.count_public(_address_of(request))
        return None
    try:
        principal = await _caller(request, credentials)
    except Problem as problem:
        if is_limited and problem.status == 401:
            await shares.count_failure(_address_of(request))
        raise
    bind_contextvars(principal=principal.id)
    request.state.principal = principal
    if is_limited:
        standings = await shares.count(principal, writes=request.method not in _READS)
        say_in_answer(request.scope, fields(standings))
        if not isinstance(request.scope["route"], StreamRoute):
            await take_turn(request.scope, principal.mission)
    return principal


async def _caller(request: Request, credentials: Credentials) -> Principal:
    """Who calls: the person of a token, or the owner of a key or of a ticket, from a network that it was made for."""
    platform = platform_of(request)
    keys = platform.keys
    ticket = request.query_params.get("ticket") if isinstance(request.scope["route"], StreamRoute) else None
    principal: Principal | None
    refusal = _unauthorized(
        "This API key is unknown, was revoked or has expired. Ask your mission's administrator for another.",
        Code.BAD_KEY,
    )
    if credentials is not None and platform.people is not None and is_signed(credentials.credentials):
        principal = await _person(platform.people, credentials.credentials)
    elif credentials is not None:
        principal = await keys.principal(credentials.credentials)
    elif ticket is not None:
        principal = await keys.tickets.redeem(ticket)
        refusal = _unauthorized(
            "This ticket is unknown, was used, or has expired. Get a new one at POST /v1/stream-tickets.",
            Code.BAD_TICKET,
        )
    else:
        raise _unauthorized("This needs an API key: send `Authorization: Bearer cwk_…`.", Code.NO_KEY)
    if principal is None:
        raise refusal
    address = _address_of(request)
    if not principal.may_come_from(address):
        raise _unauthorized(
            f"This API key is not accepted from the address {address}. Use it from a network that it was made for.",
            Code.BAD_KEY,
        )
    return principal


def _address_of(request: Request) -> str | None:
    """The client's address: behind a trusted proxy the one that it names."""
    return None if request.client is None else request.client.host


async def identify(request: Request) -> Principal | None:
    """The caller of a request whose body could not be read. Raises what `admitted` does."""
    return await admitted(request, await _bearer(request))


async def authenticated(caller: Annotated[Principal | None, Depends(admitted)]) -> Principal:
    """The caller of a route that asks for a key. Raises what `admitted` does."""
    if caller is None:
        raise LookupError("This route is public: nothing of it may depend on a caller.")
    return caller


Authenticated = Annotated[Principal, Depends(authenticated)]


@dataclass(frozen=True, slots=True)
class Required:
    """A dependency that returns the caller. Raises NotPermitted when its role does not have `permission`."""

    permission: Permission

    async def __call__(self, principal: Authenticated) -> Principal:
        if not principal.has_in_scope(self.permission):
            raise NotPermitted(
                f"The scopes of this key do not include the permission {self.permission}. Use a key that has it."
            )
        if not principal.may(self.permission):
            raise NotPermitted(
                f"The role {principal.role} does not have the permission {self.permission}. Use a key of another role."
            )
        return principal


def require(permission: Permission) -> Required:
    """What a route asks of its caller: `Annotated[Principal, Depends(require(permission))]`."""
    return Required(permission)


async def _person(people: People, token: str) -> Principal:
    """Raises 401 with what is wrong with the token, 503 while its issuer's keys are not known."""
    try:
        return await people.principal(token)
    except NotAuthentic as error:
        raise _unauthorized(str(error), Code.BAD_KEY) from error
    except IssuerAway as error:
        raise Problem(
            503,
            "The issuer of your token does not answer, so the token cannot be checked. Nothing was changed. Keys go on "
            "working.",
            headers={"Retry-After": str(RETRY_SECONDS)},
        ) from error


def _unauthorized(detail: str, code: Code) -> Problem:
    return Problem(401, detail, code=code, headers={"WWW-Authenticate": "Bearer"})
