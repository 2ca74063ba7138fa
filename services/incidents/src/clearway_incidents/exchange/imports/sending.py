"""Sending reports to the API in batches that are safe to repeat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import httpx
import stamina

from clearway_incidents.exchange.imports.rows import Summary

# The lines of one request: as often progress is shown.
BATCH: Final = 1_000
BULK: Final = "/v1/incidents:bulk"
PROPOSALS: Final = "/v1/proposals"
# The names of one comparison: with long ones they fit into a body.
MOST_NAMES: Final = 20_000
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


@dataclass(slots=True)
class Edition:
    """A whole file of a source: its name, and the names of all its rows, also of those that give no report. What it is
    a part of, where it may be one, is noted from its reports."""

    system: str
    name: str
    comes_in_parts: bool
    ids: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    earliest: str | None = None
    latest: str | None = None

    def note(self, report: Mapping[str, Any]) -> None:
        """Note the country and the time of a report, whose times are all in UTC and written alike."""
        where, when = report["location"].get("admin0"), report["time"]
        if where is not None:
            self.countries.add(where)
        first, last = when.get("earliest") or when["occurred_at"], when.get("latest") or when["occurred_at"]
        self.earliest = first if self.earliest is None else min(self.earliest, first)
        self.latest = last if self.latest is None else max(self.latest, last)

    @property
    def has_reports(self) -> bool:
        return self.earliest is not None

    def scope(self) -> dict[str, Any]:
        if not self.comes_in_parts:
            return {}
        return {"countries": sorted(self.countries), "earliest": self.earliest, "latest": self.latest}


def send(client: httpx.Client, reports: Iterable[RowReport], summary: Summary, advance: Callable[[], None]) -> None:
    """Send every report and count the results; `advance` is called after each batch. Raises ImportFailed."""
    for batch in batches(reports):
        with _explained(client):
            _send_all(client, list(batch), summary)
        advance()


def propose(client: httpx.Client, edition: Edition) -> int:
    """Let the record compare the whole edition, and propose what is gone; how many rows are. Raises NothingProposed,
    ImportFailed."""
    named, proposed = sorted(edition.ids), 0
    for start in range(0, len(named), MOST_NAMES):
        end = start + MOST_NAMES
        scope = edition.scope() | {
            "from_id": named[start] if start else None,
            "before_id": named[end] if end < len(named) else None,
        }
        sent = {"ids": named[start:end], "scope": scope}
        proposed += _compared(client, {"system": edition.system, "edition": edition.name, **sent})["proposed"]
    return proposed


def _compared(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    with _explained(client):
        for attempt in _attempts():
            with attempt:
                response = _answered(client, PROPOSALS, json.dumps(body), "application/json")
    if response.status_code == 409:
        raise NothingProposed(_detail(response))
    _check(client, response)
    [answer] = _documents(client, response)
    return answer


def batches(reports: Iterable[RowReport]) -> Iterator[list[RowReport]]:
    iterator = iter(reports)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _send_all(client: httpx.Client, left: list[RowReport], summary: Summary) -> None:
    """A repeat is harmless: what was taken and has no result yet is found unchanged."""
    for attempt in _attempts():
        with attempt:
            body = "\n".join(json.dumps(report.body) for report in left)
            response = _answered(client, BULK, body, "application/x-ndjson")
            _check(client, response)
            *results, end = _documents(client, response)
            for item in results:
                if item["result"] == "refused":
                    summary.refuse(left[item["line"] - 1].row, item["problem"])
                else:
                    summary.results[item["result"]] += 1
                    summary.withheld += bool(item.get("withheld"))
            done = {item["line"] for item in results}
            left[:] = [report for line, report in enumerate(left, start=1) if line not in done]
            _check_end(client, end)


def _attempts() -> Iterator[stamina.Attempt]:
    # A context, not the decorator: that one writes the arguments of what it repeats, here whole reports, to the log.
    return iter(stamina.retry_context(on=(_Away, httpx.TransportError), attempts=4, timeout=60))


@contextmanager
def _explained(client: httpx.Client) -> Iterator[None]:
    """Raises ImportFailed where no attempt succeeded."""
    try:
        yield
    except httpx.TransportError as error:
        raise ImportFailed(
            f"Nothing answers at {_shown(client)}. Is Clearway running? Start it, then run this again."
        ) from error
    except _Away as error:
        raise ImportFailed(f"Clearway at {_shown(client)} does not answer ({error}). Run this again later.") from error


def _answered(client: httpx.Client, path: str, body: str, kind: str) -> httpx.Response:
    response = client.post(path, content=body, headers={"Content-Type": kind})
    if response.status_code in _AWAY:
        raise _Away(f"status {response.status_code}")
    return response


def _check(client: httpx.Client, response: httpx.Response) -> None:
    if response.status_code in (401, 403):
        raise ImportFailed(
            f"{_shown(client)} refuses the API key. {_detail(response)} "
            "Set an operator's with --key or CLEARWAY_API_KEY."
        )
    if response.status_code != 200:
        raise ImportFailed(f"{_shown(client)} answered {response.status_code}: {_detail(response)}")


def _check_end(client: httpx.Client, end: dict[str, Any]) -> None:
    """Raises where the rest was not read."""
    problem = end.get("problem")
    if problem is None:
        return
    if problem["status"] in _AWAY:
        raise _Away(f"status {problem['status']}")
    raise ImportFailed(f"{_shown(client)} answered {problem['status']}: {problem.get('detail', problem['title'])}")


def _documents(client: httpx.Client, response: httpx.Response) -> list[dict[str, Any]]:
    """The JSON objects of an answer, each on its line."""
    try:
        documents = [json.loads(line) for line in response.text.splitlines()]
    except ValueError as error:
        raise ImportFailed(f"{_shown(client)} is not Clearway: its answer is not JSON.") from error
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise ImportFailed(f"{_shown(client)} is not Clearway: its answer has another form.")
    return documents


def _shown(client: httpx.Client) -> str:
    return str(client.base_url).rstrip("/")


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
