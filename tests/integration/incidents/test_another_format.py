"""A second format, written in this one file: CSV with a row of HXL tags, given where `Accept` asks for it, with the
entity tags of the list, without a change anywhere else."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from clearway_incidents.exchange.exports.format import JSON_PAGES, Format
from clearway_incidents.wiring import build
from clearway_platform.service import Platform

from .conftest import Desk, a_report, desk_of

TAGS = {"incident": "#event+id", "tlp": "#meta+tlp", "longitude": "#geo+lon", "latitude": "#geo+lat"}


def write(incidents: Sequence[Mapping[str, Any]], _following: str | None) -> bytes:
    """What is shared at TLP red stays out of files."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerows([list(TAGS), list(TAGS.values())])
    for incident in incidents:
        if (tlp := incident["sharing"]["tlp"]) != "red":
            rows.writerow([incident["incident_id"], tlp, *incident["location"]["point"]["coordinates"]])
    return text.getvalue().encode()


FORMATS = (JSON_PAGES, Format("text/csv", write))
CSV = {"Accept": "text/csv"}


@pytest.fixture
async def desk(platform: Platform) -> AsyncIterator[Desk]:
    async with desk_of(platform, formats=FORMATS) as desk:
        yield desk


async def test_it_is_given_to_those_who_ask_for_it(desk: Desk) -> None:
    shown = await desk.report(sharing={"tlp": "green"})
    await desk.report(sharing={"tlp": "red"}, location={**a_report()["location"], "place_name": "The ford"})
    answer = await desk.ask("GET", headers=CSV)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert [line.split(",") for line in answer.text.splitlines()] == [
        list(TAGS),
        list(TAGS.values()),
        [shown["incident_id"], "green", "-3.9962", "17.0421"],
    ]


async def test_the_list_stays_json_for_all_others(desk: Desk) -> None:
    for accept in ("*/*", "application/*", "text/csv;q=0.5, application/json"):
        answer = await desk.ask("GET", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json", accept
    refused = await desk.ask("GET", headers={"Accept": "text/plain"})
    assert refused.status_code == 406
    assert "application/json or text/csv" in refused.json()["detail"]


async def test_what_its_reader_has_is_not_sent_again(desk: Desk) -> None:
    await desk.report()
    first = await desk.ask("GET", headers=CSV)
    again = await desk.ask("GET", headers=CSV | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    as_json = await desk.ask("GET", headers={"If-None-Match": first.headers["etag"]})
    assert as_json.status_code == 200


def test_the_document_describes_json_and_names_it(platform: Platform) -> None:
    """A client that is made of the document would take several formats for one answer that is any of them."""
    listing = build(platform, formats=FORMATS).app.openapi()["paths"]["/v1/incidents"]["get"]
    assert list(listing["responses"]["200"]["content"]) == ["application/json"]
    assert "Also as `text/csv`: name it in `Accept`." in listing["description"]
