"""`clearway tail`: the events of all services in a terminal, as they happen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from clearway_platform.cli.client import Access, Demo, Key, Url, find_access
from clearway_platform.cli.configuration import DataFolder, Misconfigured
from clearway_platform.cli.failures import close_output
from clearway_platform.cli.following import Beginning, follow
from clearway_platform.cli.streams import Stream, load_stream, stream_names
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
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Only events with this, such as subscription_id=ID: streams that have no such filter are left out.",
            metavar="NAME=VALUE",
            show_default=False,
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
    filters = _filters(where or ())
    streams = _narrowed({name: load_stream(name) for name in only or _STREAMS}, filters)
    beginning = Beginning(last=last) if since is None else Beginning(since=_moment(since))

    def access() -> Access:
        return find_access(url, key, data=data, demo=demo)

    unread = False
    try:
        asyncio.run(follow(access, streams, beginning, filters))
    except* BrokenPipeError:
        unread = True
    if unread:
        close_output()


def _filters(given: Sequence[str]) -> dict[str, str]:
    """The filters by name. Raises Misconfigured for one without a name or a value."""
    pairs = [text.partition("=") for text in given]
    for text, (name, _, value) in zip(given, pairs, strict=True):
        if not (name and value):
            raise Misconfigured(f"--where is {text!r}. Give a name and a value, such as subscription_id=ID.")
    return {name: value for name, _, value in pairs}


def _narrowed(streams: Mapping[str, Stream], filters: Mapping[str, str]) -> dict[str, Stream]:
    """The streams that have all the filters. Raises Misconfigured when none has: it would show too much, or nothing."""
    found = {name: stream for name, stream in streams.items() if filters.keys() <= stream.filters}
    if not found:
        known = ", ".join(sorted(frozenset[str]().union(*(stream.filters for stream in streams.values())))) or "none"
        raise Misconfigured(
            f"No stream is narrowed by {', '.join(filters)}. Filters of {', '.join(sorted(streams))}: {known}."
        )
    return found


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
