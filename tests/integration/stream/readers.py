"""The readers that people use, each as it comes back by itself: what they give is what an integrator sees."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import aconnect_sse

from clearway_testing.browser import chromium, page_served
from clearway_testing.tools import npm_tools

ROOT = Path(__file__).parents[3]
STREAM = "/v1/incident-events"
NAMES = ("cursor", "resync", "incident.reported")
RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Came:
    """An event as a reader gave it."""

    type: str
    id: str
    data: str


Take = Callable[[Came], None]
Reader = Callable[[str, str, Take], AbstractAsyncContextManager[None]]
"""Given an address, a key and where events go, it follows until its block ends."""


@asynccontextmanager
async def httpx_sse(address: str, key: str, take: Take) -> AsyncIterator[None]:
    async def follow() -> None:
        cursor = ""
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
            while True:
                resume = {"Last-Event-ID": cursor} if cursor else {}
                try:
                    async with aconnect_sse(client, "GET", STREAM, headers=resume) as source:
                        async for event in source.aiter_sse():
                            cursor = event.id or cursor
                            take(Came(event.event, event.id, event.data))
                except httpx.TransportError:
                    pass
                await asyncio.sleep(RETRY_SECONDS)

    async with _at_work(follow()):
        yield


@asynccontextmanager
async def curl(address: str, key: str, take: Take) -> AsyncIterator[None]:
    """A script around curl, which reads lines and knows the format no better than it must."""

    async def follow() -> None:
        fields: dict[str, str] = {}
        while True:
            resume = ["--header", f"Last-Event-ID: {fields['id']}"] if "id" in fields else []
            arguments = ["--silent", "--no-buffer", "--header", f"Authorization: Bearer {key}", *resume]
            async with _running("curl", *arguments, f"{address}{STREAM}") as process:
                assert process.stdout is not None
                async for raw in process.stdout:
                    line = raw.decode().rstrip("\n")
                    if ": " in line and not line.startswith(":"):
                        name, value = line.split(": ", 1)
                        fields[name] = value
                    elif not line:
                        take(Came(fields.pop("event", ""), fields.get("id", ""), fields.pop("data", "")))
            await asyncio.sleep(RETRY_SECONDS)

    async with _at_work(follow()):
        yield


@asynccontextmanager
async def npm_eventsource(address: str, key: str, take: Take) -> AsyncIterator[None]:
    folder = npm_tools(Path(__file__).parent / "eventsource")

    async def follow() -> None:
        async with _running("node", str(folder / "follow.mjs"), f"{address}{STREAM}", key, *NAMES) as process:
            assert process.stdout is not None
            async for line in process.stdout:
                take(Came(**json.loads(line)))

    async with _at_work(follow()):
        yield


@asynccontextmanager
async def browser(address: str, key: str, take: Take) -> AsyncIterator[None]:
    """Chromium's EventSource on a page of another origin, with the lines of the integrator's guide."""
    script = f"""{guide_script()}
        follow("{address}", "{key}", "incident-events", {json.dumps(NAMES)},
          (event) => take({{ type: event.type, id: event.lastEventId, data: event.data }}));"""
    with page_served("<!doctype html><title>A page elsewhere</title>") as elsewhere:
        async with chromium() as program:
            page = await program.new_page()
            await page.expose_function("take", lambda event: take(Came(**event)))
            await page.goto(elsewhere)
            await page.add_script_tag(content=script)
            yield


def guide_script() -> str:
    """The lines with which the integrator's guide follows a stream in a browser."""
    [found] = re.findall(r"```js\n(.*?)```", (ROOT / "docs/guide/integrator.md").read_text(), re.S)
    return str(found)


@asynccontextmanager
async def _at_work(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            task.result()
            raise AssertionError("the reader ended")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _running(program: str, *arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=PIPE, stderr=sys.stderr, limit=2**20)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
