"""The real editions of the Aid Worker Security Database, the older and then the newer one."""

import os
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from clearway_incidents.exchange.imports import awsd
from clearway_incidents.exchange.imports.rows import UnusableRow
from clearway_incidents.storage.tables import EXTERNAL_REFS, REVISIONS

from .conftest import Desk

FOLDER = Path(__file__).parents[4] / "shared" / "data"
OLDER, NEWER = FOLDER / "awsd-2016-10.csv", FOLDER / "awsd-2025-04.csv"

pytestmark = pytest.mark.reference_data


@pytest.fixture(autouse=True)
def present() -> None:
    if not NEWER.exists():
        reason = f"the editions are not in {FOLDER}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def reports(edition: Path) -> list[dict[str, Any]]:
    made = []
    for row in awsd.IMPORTER.read(edition).rows:
        try:
            made.append(awsd.report_of(row))
        except UnusableRow:
            continue
    return made


async def results(desk: Desk, items: list[dict[str, Any]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for start in range(0, len(items), 250):
        answer = await desk.ask("POST", "/v1/incident-imports", items[start : start + 250], by="unmix:operator")
        counts.update({name: answer.json()[name] for name in ("created", "unchanged", "corrected", "refused")})
    return +counts


CASUALTIES = ("Total killed", "Total wounded", "Total kidnapped")
NAMES = frozenset({"place_name", "admin0", "admin1", "admin2"})
PLACE, DATE = ("Latitude", "Longitude"), ("Year", "Month", "Day")


def rows(edition: Path) -> dict[str, dict[str, str]]:
    return {row["Incident ID"]: row for row in awsd.IMPORTER.read(edition).rows}


def differing(older: dict[str, dict[str, str]], newer: dict[str, dict[str, str]], columns: tuple[str, ...]) -> set[str]:
    """The rows in both whose numbers in these columns differ; 1 is 1.0, and nothing is zero casualties."""
    empty = "0" if columns[0] in CASUALTIES else ""
    return {
        name
        for name in older.keys() & newer.keys()
        if any(number(older[name][column] or empty) != number(newer[name][column] or empty) for column in columns)
    }


def number(text: str) -> float | str:
    """The number, where the text is one."""
    try:
        return float(text)
    except ValueError:
        return text


@pytest.mark.timeout(300)
async def test_from_the_older_edition_to_the_newer_one_and_once_more(desk: Desk) -> None:
    """74 rows changed in casualties, coordinates or date, 13 came late, 4 are gone. The newer one has 4,337 rows, 13 of
    them without coordinates; sent again, it changes nothing."""
    older, newer = rows(OLDER), rows(NEWER)
    figures, moved, dated = (differing(older, newer, columns) for columns in (CASUALTIES, PLACE, DATE))
    last = max(row["Year"] for row in older.values())
    late = {name for name in newer.keys() - older.keys() if newer[name]["Year"] < last}
    gone = older.keys() - newer.keys()
    assert (len(figures | moved | dated), len(late), len(gone)) == (74, 13, 4)
    assert (len(figures), len(moved)) == (32, 42)

    before, after = by_name(reports(OLDER)), by_name(reports(NEWER))
    assert len(after) == len(newer) - 13 == 4324
    both = before.keys() & after.keys()
    renamed = {
        name
        for name in both
        if before[name]["location"] != after[name]["location"] and nameless(before[name]) == nameless(after[name])
    }
    assert await results(desk, list(before.values())) == {"created": len(before)}
    ids = {row.external_id: row.incident_id for row in await desk.rows(select(EXTERNAL_REFS))}
    other_day = min(name for name in dated & both if older[name]["Day"] and newer[name]["Day"])
    kept, taken_back = [await verified(desk, ids[name]) for name in (min(renamed), other_day)]

    counts = await results(desk, list(after.values()))
    assert counts["created"] == len(after.keys() - both)
    assert counts["corrected"] + counts["unchanged"] == len(both)
    assert counts["refused"] == 0
    assert await results(desk, list(after.values())) == {"unchanged": 4324}
    corrections = await desk.rows(select(REVISIONS).where(REVISIONS.c.kind == "corrected"))
    corrected = {row.incident_id for row in corrections}
    decisive = {row.incident_id for row in corrections if row.decisive}
    # Those kidnapped are no casualties of ours: a row that changed in nothing else is left as it was.
    ours = differing(older, newer, CASUALTIES[:2]) | moved | dated
    assert {ids[name] for name in ours & both} <= corrected
    assert ids[other_day] in decisive
    assert renamed
    assert {ids[name] for name in renamed} <= corrected - decisive
    assert (await desk.read(kept))["status"] == "verified"
    assert (await desk.read(taken_back))["status"] == "under_review"

    edition = {"system": awsd.SYSTEM, "edition": NEWER.name, "ids": sorted(newer)}
    answer = await desk.ask("POST", "/v1/proposals", edition, by="unmix:operator")
    # The fourth had no coordinates, and never came into the record.
    assert answer.json()["proposed"] == len(gone & before.keys()) == 3
    listed = (await desk.ask("GET", "/v1/proposals")).json()["items"]
    assert {item["external_id"] for item in listed} == gone & before.keys()
    assert {(await desk.read(item))["status"] for item in listed} == {"reported"}


def by_name(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["external_refs"][0]["id"]: item for item in items}


def nameless(item: dict[str, Any]) -> dict[str, Any]:
    """The report without the names of its place, and without the grading, which is no fact."""
    location = {name: value for name, value in item["location"].items() if name not in NAMES}
    return {**item, "location": location, "grading": None}


async def verified(desk: Desk, incident_id: UUID) -> dict[str, Any]:
    incident = await desk.step(await desk.read({"incident_id": incident_id}), "review")
    incident = await desk.step(incident, "grade", {"info_credibility": 1}, by="unmix:verifier:grader")
    return await desk.step(incident, "verify")
