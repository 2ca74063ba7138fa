"""`python -m benchmarks.duplicates FILE`: how many duplicates are found, and how many are suggested falsely.

The incidents of a file of the Aid Worker Security Database are taken as different events. Each third one is reported
again: elsewhere by noise of known size (a Gaussian with the uncertainty that the second report says), later by up to an
hour, with an outcome or a category that is unknown at times. Two incidents of the file that are suggested for each
other are counted as false, although some of them are one event that the database lists twice.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import cos, radians
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from benchmarks.figures import console
from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import Category, LocationPrecision, Outcome
from clearway_incidents.domain.duplicates import LEAST, LONGEST_APART, LONGEST_SPAN, Compared, likeness
from clearway_incidents.domain.place import DEFAULT_UNCERTAINTY_M
from clearway_incidents.exchange.imports.awsd import IMPORTER
from clearway_incidents.exchange.imports.rows import UnusableRow

METRES_PER_DEGREE: Final = 111_320.0
# 90 % of a two-dimensional Gaussian lie within 2.146 times its standard deviation.
RADIUS_90: Final = 2.146
NOISES_M: Final = (25.0, 100.0, 500.0, 1_000.0, 2_500.0, 10_000.0)
THRESHOLDS: Final = (0.3, LEAST, 0.5, 0.6)


@dataclass(frozen=True, slots=True)
class Rates:
    """Of the second reports, the share whose incident is not suggested, and the share for which another one is; of the
    incidents of the file, the share for which another one of the file is suggested."""

    missed: float
    misled: float
    false: float


def main(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file of the database, as downloaded.")],
    seed: Annotated[int, typer.Option(help="Of the noise.")] = 1,
) -> None:
    """Measure what is found and what is missed, for noise of several sizes and thresholds of the score."""
    events = list(_sharpened(_events(file), seed))
    console.print(f"{len(events):,} incidents that are known to the day and to a place; a third is reported twice.")
    table = Table("noise (90 % within)", *(f"score ≥ {least:.2f}" for least in THRESHOLDS))
    table.title = f"missed / another one suggested as well / false between incidents of the file; in use is {LEAST}"
    for noise in NOISES_M:
        rates = measured(events, noise, seed)
        table.add_row(f"{noise:,.0f} m", *(_shown(rates[least]) for least in THRESHOLDS))
    console.print(table)


def measured(events: list[Compared], noise_m: float, seed: int) -> Mapping[float, Rates]:
    """The rates for each threshold, where the second reports are off by this noise."""
    chance = random.Random(seed)
    places = [*events]
    copies = {len(places) + index: original for index, original in enumerate(range(0, len(events), 3))}
    places += [_again(events[original], noise_m, chance) for original in copies.values()]
    by_day = _by_day(places)
    found: dict[int, list[tuple[float, int]]] = {}
    for index in (*range(len(events)), *copies):
        others = (other for other in _near_in_time(places[index], by_day) if other != index)
        alike = ((likeness(places[index], places[other]), other) for other in others)
        found[index] = sorted(((like.score, other) for like, other in alike if like is not None), reverse=True)
    return {least: _rates(found, copies, len(events), least) for least in THRESHOLDS}


def _rates(found: Mapping[int, list[tuple[float, int]]], copies: Mapping[int, int], events: int, least: float) -> Rates:
    suggested = {index: [other for score, other in alike if score >= least] for index, alike in found.items()}
    missed = sum(original not in suggested[copy] for copy, original in copies.items())
    misled = sum(any(other not in (original, copy) for other in suggested[copy]) for copy, original in copies.items())
    false = sum(any(other < events for other in suggested[index]) for index in range(events))
    return Rates(missed / len(copies), misled / len(copies), false / events)


def _events(file: Path) -> Iterator[Compared]:
    for row in IMPORTER.read(file).rows:
        try:
            report = IMPORTER.report_of(row)
        except UnusableRow:
            continue
        location = report["location"]
        yield Compared(
            point=Point(coordinates=tuple(location["point"]["coordinates"])),
            uncertainty_m=DEFAULT_UNCERTAINTY_M[LocationPrecision(location["precision"])],
            earliest=datetime.fromisoformat(report["time"]["earliest"]),
            latest=datetime.fromisoformat(report["time"]["latest"]),
            category=Category(report["category"]),
            outcome=Outcome(report.get("outcome", "unknown")),
            exercise=False,
        )


def _sharpened(events: Iterator[Compared], seed: int) -> Iterator[Compared]:
    """The incidents as a mission's own reports would have them: to the minute, some time in the day."""
    chance = random.Random(seed)
    for event in events:
        if event.latest - event.earliest <= LONGEST_SPAN and event.uncertainty_m <= max(NOISES_M):
            at = event.earliest + chance.random() * (event.latest - event.earliest)
            yield replace(event, uncertainty_m=100.0, earliest=at, latest=at + timedelta(minutes=2))


def _again(event: Compared, noise_m: float, chance: random.Random) -> Compared:
    off = noise_m / RADIUS_90
    longitude, latitude = event.point.coordinates
    north = latitude + chance.gauss(0, off) / METRES_PER_DEGREE
    east = longitude + chance.gauss(0, off) / METRES_PER_DEGREE / max(0.01, cos(radians(latitude)))
    later = timedelta(minutes=chance.uniform(-60, 60))
    return Compared(
        point=Point(coordinates=((east + 180) % 360 - 180, max(-90.0, min(90.0, north)))),
        uncertainty_m=noise_m,
        earliest=event.earliest + later,
        latest=event.latest + later,
        category=Category.UNKNOWN if chance.random() < 0.1 else event.category,
        outcome=Outcome.UNKNOWN if chance.random() < 0.2 else event.outcome,
        exercise=False,
    )


def _by_day(places: list[Compared]) -> Mapping[Any, list[int]]:
    days: dict[Any, list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        days[place.earliest.date()].append(index)
    return days


def _near_in_time(place: Compared, by_day: Mapping[Any, list[int]]) -> Iterator[int]:
    first = (place.earliest - LONGEST_APART - LONGEST_SPAN).date()
    for day in range((place.latest + LONGEST_APART).date().toordinal() - first.toordinal() + 1):
        yield from by_day.get(first + timedelta(days=day), ())


def _shown(rates: Rates) -> str:
    return f"{rates.missed:.1%} / {rates.misled:.1%} / {rates.false:.1%}"


if __name__ == "__main__":
    typer.run(main)
