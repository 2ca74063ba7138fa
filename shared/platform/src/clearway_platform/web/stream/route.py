"""The route of a stream."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Security
from pydantic import WithJsonSchema
from starlette.responses import Response

from clearway_platform.auth.principals import Permission, Principal
from clearway_platform.refusals import Refusal
from clearway_platform.service import Platform
from clearway_platform.web.access import StreamRoute, require, stream_ticket
from clearway_platform.web.audited import note_export
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router
from clearway_platform.web.stream.client import Client, Matches, Selection
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.outlet import Outlet
from clearway_platform.web.stream.replays import Replays
from clearway_platform.web.stream.response import EventStream
from clearway_platform.web.stream.session import Session
from clearway_platform.web.stream.start import starting_cursor
from clearway_platform.web.strict import chosen

_EXAMPLE: Final = (
    "retry: 1000\nid: hGn1x0NUzNdpZ1rFGLlUBaCA9qnGGXx7Bm4bqVS3\nevent: cursor\n"
    'data: {{"stream": "{stream}", "cursor": "hGn1x0NUzNdpZ1rFGLlUBaCA9qnGGXx7Bm4bqVS3"}}\n\n'
    "id: w0c8Vv2uKXh0b1mE8KqVxQ2h_5rT7cN-9yPzJ4sD\nevent: {type}\ndata: {{…}}\n\n: ping\n"
)
_DESCRIPTION: Final = """Server-sent events. Each has an id. Reconnect with the last id in `Last-Event-ID` (every common
reader does so by itself), or in `since`, and nothing is missed.

- The first event is `cursor`: its id is the position at which the stream begins, so that a client without any other
  event can reconnect too. It is sent again when a client has caught up. Only store its id.
- An id says nothing but where to continue: it is opaque, and of this mission alone.
- `resync` is sent instead when missed events are no longer stored: read the present state at the address in `snapshot`,
  then continue; the stream continues after its id.
- All other events are those of `types`. Ignore a type that you do not know.
- What the key may not read is left out or reduced in the data, as in the answers about the same things.
- After 15 seconds without an event a comment keeps the connection open. About every ten minutes the server ends the
  stream between two events: connect again. It ends at once when the key is revoked or expires.
- A page in a browser opens it with a `ticket` of `POST /v1/stream-tickets`, since an `EventSource` sends no header.
"""


async def everything() -> None:
    """No filter other than the types."""


def stream_router(
    platform: Platform,
    hub: Hub,
    path: str,
    permission: Permission,
    types: Sequence[str],
    *,
    snapshot: str,
    matching: Callable[..., Any] = everything,
    refusals: Sequence[type[Refusal]] = (),
) -> Router:
    """A router with the one route of a stream.

    `snapshot`: the address of the present state. `matching`: a dependency that returns a further filter, or None, and
    raises `refusals`.
    """
    router = Router(tags=["Streams"], route_class=StreamRoute)
    replays = Replays()
    settings = platform.settings
    known = frozenset(types)
    of_type = WithJsonSchema({"type": "string", "enum": list(types)})
    responses: dict[int | str, dict[str, Any]] = {
        200: {
            "content": {"text/event-stream": {"example": _EXAMPLE.format(stream=hub.name, type=types[0])}},
            "description": "The stream.",
        },
        **raises(*refusals),
    }

    @router.get(
        path,
        operation_id=f"{hub.name}.stream",
        summary="Follow as it happens (server-sent events)",
        description=_DESCRIPTION,
        response_class=Response,
        responses=responses,
        dependencies=[Security(stream_ticket)],
    )
    async def stream(
        request: Request,
        principal: Annotated[Principal, Depends(require(permission))],
        matches: Annotated[Matches | None, Depends(matching)],
        start: Annotated[str | None, Depends(starting_cursor(platform, permission))],
        types: Annotated[
            list[Annotated[str, of_type]] | None, Query(max_length=50, description="Only events of these types.")
        ] = None,
    ) -> Response:
        selection = Selection(principal.mission, principal.ceiling, chosen("types", types, known), matches)
        client = Client(selection, principal.id)
        note_export(request, f"stream of {hub.name}")

        async def follow(outlet: Outlet) -> None:
            session = Session(hub, replays, client, outlet, snapshot, settings.stream_ping_seconds)
            await session.run(start)

        place = partial(platform.shares.stream, principal)
        expires_at = principal.expires_at
        ends_in = None if expires_at is None else (expires_at - platform.clock.now()).total_seconds()
        return EventStream(hub.name, client, follow, platform.keys, place, settings.stream_rotate_seconds, ends_in)

    return router


def event_types(classes: Collection[Any]) -> tuple[str, ...]:
    """The wire names of event classes, for a stream's filter."""
    return tuple(sorted(event.event_type for event in classes))
