"""`clearway tail`: the events of all services in a terminal, as they happen."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from clearway_platform.cli.client import Access, Demo, Key, Url, find_access
from clearway_platform.cli.configuration import DataFolder, Misconfigured
from clearway_platform.cli.failures import close_output
from clearway_platform.cli.following import Beginning, follow
from clearway_platform.cli.streams import load_stream, stream_names
from clearway_platform.service import service_names

_STREAMS: Final = stream_names()
_ONLY: Final = f"Only this stream: {', '.join(_STREAMS)}." if _STREAMS else "Only this stream."
_SPAN: Final = re.compile(r"^(\d{1,6})([smhd])$")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def tail(
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    only: Annotated[list[str] | None, typer.Option(help=f"{_ONLY} May be repeated.", show_default=False)] = None,
    last: Annotated[int, typer.Option(min=0, max=1000, help="Number of past events to show first.")] = 10,
    since: Annotated[
        str | None,
        typer.Option(
            help="Show past events since a time first: 30m, 12h, 7d or 2026-11-25T06:00Z.", show_default=False
        ),
    ] = None,
) -> None:
    """Follow the events of all services, until Ctrl-C.

    After an interruption it continues at the same event. Events go to standard output, in a pipe one per line;
    messages about the connection go to standard error.
    """
    if not _STREAMS:
        installed = ", ".join(service_names()) or "none"
        raise Misconfigured(f"No installed service has a stream to follow. Installed services: {installed}.")
    unknown = set(only or ()) - set(_STREAMS)
    if unknown:
        raise Misconfigured(f"There is no stream {', '.join(sorted(unknown))}. Streams: {', '.join(_STREAMS)}.")
    beginning = Beginning(last=last) if since is None else Beginning(since=_moment(since))

    def access() -> Access:
        return find_access(url, key, data=data, demo=demo)

    unread = False
    try:
        asyncio.run(follow(access, {name: load_stream(name) for name in only or _STREAMS}, beginning))
    except* BrokenPipeError:
        unread = True
    if unread:
        close_output()


def _moment(text: str) -> datetime:
    """A span before now, or a time; one without a zone is UTC."""
    if span := _SPAN.match(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misconfigured(
            f"--since is {text!r}. Give a span such as 30m, 12h or 7d, or a time such as 2026-11-25T06:00Z."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
