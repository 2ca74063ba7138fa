"""`clearway tail`: incidents, alerts and route risk in a terminal, as they happen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

import httpx
import typer
from httpx_sse import ServerSentEvent, aconnect_sse
from rich.console import Console
from rich.text import Text

from clearway_shared.cli.client import DEFAULT_URL, Key, Url, open_client

STREAMS: Final = {"incidents": "cyan", "alerts": "red", "routes": "yellow"}
RETRY_SECONDS: Final = 2.0
console = Console()


def tail(
    url: Url = DEFAULT_URL,
    key: Key = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this stream: incidents, alerts or routes.")] = None,
) -> None:
    """Follow incidents, alerts and route risk. After an interruption it goes on where it was."""
    unknown = set(only or ()) - set(STREAMS)
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(STREAMS)}")
    try:
        asyncio.run(_follow_all(url, key, only or list(STREAMS)))
    except KeyboardInterrupt:
        console.print("Stopped.")


async def _follow_all(url: str, key: str | None, streams: list[str]) -> None:
    async with open_client(url, key) as client:
        console.print(f"Following {', '.join(streams)} at {url}. Stop with Ctrl-C.", style="dim", highlight=False)
        await asyncio.gather(*(_follow(client, stream) for stream in streams))


async def _follow(client: httpx.AsyncClient, stream: str) -> None:
    cursor: str | None = None
    while True:
        headers = {"Last-Event-ID": cursor} if cursor else {}
        try:
            async with aconnect_sse(client, "GET", f"/v1/{stream}/stream", headers=headers, timeout=60) as source:
                _refuse_denial(source.response)
                async for event in source.aiter_sse():
                    cursor = event.id or cursor
                    if not event.data or event.event == "cursor":
                        continue
                    console.print(_line(stream, event), soft_wrap=True)
        except httpx.HTTPError as error:
            console.print(f"{stream}: {type(error).__name__}; trying again", style="dim")
        await asyncio.sleep(RETRY_SECONDS)


def _refuse_denial(response: httpx.Response) -> None:
    if response.status_code in (401, 403):
        console.print("This key may not read that stream: is it valid, and of the right role?", style="red")
        raise typer.Exit(1)
    response.raise_for_status()


def _line(stream: str, event: ServerSentEvent) -> Text:
    data: Mapping[str, Any] = event.json()
    line = Text(f"{event.event:<24}", style=STREAMS[stream])
    line.append(_SUMMARIES[stream](data) if event.event != "resync" else str(data), style="default")
    return line


def _incident(data: Mapping[str, Any]) -> str:
    incident = data["incident"]
    longitude, latitude = incident["location"]["point"]["coordinates"]
    what = f"{incident['category']}, {incident['status']}, hazard {incident['hazard_state']}"
    return f"{data['incident_id'][-12:]} r{data['revision']}  {what}, at {latitude:.4f} {longitude:.4f}"


def _alert(data: Mapping[str, Any]) -> str:
    alert = data.get("alert")
    if alert is None:
        return f"{data['alert_id'][-12:]} by {data.get('by', '?')}"
    return f"{alert['severity']}, {alert['urgency']}: {alert['headline']}"


def _route(data: Mapping[str, Any]) -> str:
    if "route" in data:
        return f"{data['route']['name']} ({data['route']['route_id']})"
    risk = data["risk"]
    before = data.get("previous_band") or "new"
    figures = f"{risk['expected_events']:.4f} expected in {risk['horizon_days']:g} days"
    return f"{data['route_id']}: {before} → {risk['band']}, {figures}"


_SUMMARIES: Final = {"incidents": _incident, "alerts": _alert, "routes": _route}
