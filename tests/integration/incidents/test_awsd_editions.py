"""The real editions of the Aid Worker Security Database, the older and then the newer one."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clearway_incidents.exchange.imports import awsd
from clearway_incidents.exchange.imports.rows import UnusableRow

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


async def test_every_row_with_coordinates_is_taken_and_a_second_run_changes_nothing(desk: Desk) -> None:
    items = reports(NEWER)
    assert len(items) == 4337 - 13
    assert await results(desk, items) == {"created": 4324}
    assert await results(desk, items) == {"unchanged": 4324}


async def test_the_newer_edition_corrects_the_older_one(desk: Desk) -> None:
    older, newer = reports(OLDER), reports(NEWER)
    names = {item["external_refs"][0]["id"] for item in older}
    both = [item for item in newer if item["external_refs"][0]["id"] in names]
    assert await results(desk, older) == {"created": len(older)}
    counts = await results(desk, newer)
    assert counts["created"] == len(newer) - len(both)
    assert counts["corrected"] + counts["unchanged"] == len(both)
    assert counts["refused"] == 0
    assert counts["corrected"] >= 74
