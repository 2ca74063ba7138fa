"""A real server that answers with a stream, as a process of Clearway does, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import uvicorn
from starlette.types import Receive, Scope, Send

from clearway_platform.auth.ceilings import UNLIMITED
from clearway_platform.auth.principals import KeyDirectory
from clearway_platform.clock import SystemClock
from clearway_platform.web.abort import AbortableConnection
from clearway_platform.web.stream.client import Client, Selection
from clearway_platform.web.stream.hub import Hub
from clearway_platform.web.stream.outlet import Outlet
from clearway_platform.web.stream.replays import Replays
from clearway_platform.web.stream.response import EventStream
from clearway_platform.web.stream.session import Session
from clearway_testing.key_ends import KnownEndings
from clearway_testing.plumbing import eventually
from clearway_testing.server import LOOPBACK

MISSION = "unmas"


class AnyKey:
    """A directory in which every key is in use."""

    endings = KnownEndings(SystemClock())


@asynccontextmanager
async def serving_stream(hub: Hub) -> AsyncIterator[tuple[uvicorn.Server, str]]:
    """A server that answers every request with the stream from its beginning, and its address."""
    keys: KeyDirectory = AnyKey()  # type: ignore[assignment]
    replays = Replays()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        client = Client(Selection(MISSION, UNLIMITED), "reader")

        async def follow(to: Outlet) -> None:
            await Session(hub, replays, client, to, "/v1/routes", 15).run(hub.cursors.place(MISSION, 0))

        await EventStream("routes", client, follow, keys, nullcontext, 600)(scope, receive, send)

    config = uvicorn.Config(
        app, host=LOOPBACK, port=0, lifespan="off", log_config=None, ws="none", http=AbortableConnection
    )
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await eventually(lambda: _started(server))
        yield server, f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    finally:
        hub.close()
        server.should_exit = True
        await serving


async def _started(server: uvicorn.Server) -> bool:
    return server.started
