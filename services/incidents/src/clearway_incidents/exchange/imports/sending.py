"""Sending reports to the API in batches that are safe to repeat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import httpx
import stamina

from clearway_incidents.exchange.imports.rows import Summary

BATCH: Final = 250
IMPORTS: Final = "/v1/incident-imports"
PROPOSALS: Final = "/v1/proposals"
_AWAY: Final = (502, 503, 504)

Row = dict[str, str]


class ImportFailed(Exception):
    """The import cannot go on; the text says what to do. What was taken stays, and a new run goes on from there."""


class NothingProposed(Exception):
    """The file is hardly a whole edition; the text says so. What was taken stays."""


class _Away(Exception):
    """The service does not answer for now."""


@dataclass(frozen=True, slots=True)
class RowReport:
    """A report, and the row that it was read from."""

    row: Row
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edition:
    """A whole file of a source: its name, and the names of all its rows, also of those that give no report."""

    system: str
    name: str
    ids: frozenset[str]


def send(client: httpx.Client, reports: Iterable[RowReport], summary: Summary, advance: Callable[[int], None]) -> None:
    """Send every report and count the results; `advance` is called with the size of each batch. Raises ImportFailed."""
    for batch in batches(reports):
        body = "\n".join(json.dumps(report.body) for report in batch)
        for item in _answered(client, IMPORTS, body, "application/x-ndjson")["items"]:
            if item["result"] == "refused":
                summary.refuse(batch[item["line"] - 1].row, item["problem"])
            else:
                summary.results[item["result"]] += 1
        advance(len(batch))


def propose(client: httpx.Client, edition: Edition) -> dict[str, Any]:
    """Let the record compare the whole edition, and propose what is gone; the counts. Raises NothingProposed,
    ImportFailed."""
    body = json.dumps({"system": edition.system, "edition": edition.name, "ids": sorted(edition.ids)})
    return _answered(client, PROPOSALS, body, "application/json")


def batches(reports: Iterable[RowReport]) -> Iterator[list[RowReport]]:
    iterator = iter(reports)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _answered(client: httpx.Client, path: str, body: str, kind: str) -> dict[str, Any]:
    try:
        response = _post(client, path, body, kind)
    except httpx.TransportError as error:
        raise ImportFailed(
            f"Nothing answers at {_shown(client)}. Is Clearway running? Start it, then run this again."
        ) from error
    except _Away as error:
        raise ImportFailed(f"Clearway at {_shown(client)} does not answer ({error}). Run this again later.") from error
    if response.status_code in (401, 403):
        raise ImportFailed(
            f"{_shown(client)} refuses the API key. {_detail(response)} "
            "Set an operator's with --key or CLEARWAY_API_KEY."
        )
    if response.status_code == 409 and path == PROPOSALS:
        raise NothingProposed(_detail(response))
    if response.status_code != 200:
        raise ImportFailed(f"{_shown(client)} answered {response.status_code}: {_detail(response)}")
    try:
        answer: dict[str, Any] = response.json()
    except ValueError as error:
        raise ImportFailed(f"{_shown(client)} is not Clearway: its answer is not JSON.") from error
    return answer


def _post(client: httpx.Client, path: str, body: str, kind: str) -> httpx.Response:
    """A repeat is harmless: what was taken is found unchanged."""
    # A context, not the decorator: that one writes the arguments of what it repeats, here whole reports, to the log.
    for attempt in stamina.retry_context(on=(_Away, httpx.TransportError), attempts=4, timeout=60):
        with attempt:
            return _post_once(client, path, body, kind)
    raise AssertionError("the last attempt returns or raises")


def _post_once(client: httpx.Client, path: str, body: str, kind: str) -> httpx.Response:
    response = client.post(path, content=body, headers={"Content-Type": kind})
    if response.status_code in _AWAY:
        raise _Away(f"status {response.status_code}")
    return response


def _shown(client: httpx.Client) -> str:
    return str(client.base_url).rstrip("/")


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
