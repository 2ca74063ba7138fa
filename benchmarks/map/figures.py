"""The figures of the map, printed beside those of the empty map."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich.table import Table

from benchmarks.conditions import Machine
from benchmarks.figures import console
from benchmarks.latency import Spread
from benchmarks.map.answers import Answers
from benchmarks.map.reports import Posted
from benchmarks.map.window import Movement

ROWS: Final = {
    "opened until drawn and at rest, ms": "drawn_ms",
    "frame while moved, median ms": "frame_ms",
    "frame while moved, 95th percentile": "slow_frame_ms",
    "frame while moved, worst": "worst_frame_ms",
    "tasks over 50 ms in one run": "long_tasks",
    "the longest of them, ms": "longest_task_ms",
    "heap of the scripts, MiB": "heap_mib",
    "features of the map": "features",
    "answers of the map in one run": "answers",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One opening of the page, and one movement through the map."""

    drawn_ms: float
    movement: Movement
    heap_mib: float
    features: int
    answers: int


@dataclass(frozen=True, slots=True)
class Looks:
    """Of several openings: medians, but of frames and tasks the worst."""

    drawn_ms: float
    frame_ms: float
    slow_frame_ms: float
    worst_frame_ms: float
    long_tasks: float
    longest_task_ms: float
    heap_mib: float
    features: float
    answers: float


@dataclass(frozen=True, slots=True)
class MapFigures:
    """One engine's figures. `windows` and `reports`: by what is looked at meanwhile."""

    engine: str
    incidents: int
    filled_seconds: float
    answers: Sequence[Answers]
    windows: Mapping[str, Looks] | None
    reports: Mapping[str, Posted] | None


def looks_of(looks: Sequence[Look]) -> Looks:
    frames = Spread.of_many([frame for look in looks for frame in look.movement.frames])
    tasks = [look.movement.tasks for look in looks]
    return Looks(
        drawn_ms=median(look.drawn_ms for look in looks),
        frame_ms=frames.p50,
        slow_frame_ms=frames.p95,
        worst_frame_ms=frames.worst,
        long_tasks=median(map(len, tasks)),
        longest_task_ms=max((task for run in tasks for task in run), default=0.0),
        heap_mib=median(look.heap_mib for look in looks),
        features=max(look.features for look in looks),
        answers=median(look.answers for look in looks),
    )


def print_answers(engine: str, answers: Sequence[Answers]) -> None:
    title = f"GET /v1/incident-map, beside the same of an empty database: {engine}"
    table = Table("box", "zoom", "incidents", "features", "kB", "p50 ms", "p95 ms", title=title)
    for heading in ("p50, empty", "p95, empty", "p50 / empty", "p95 / empty", "again, p50", "304"):
        table.add_column(heading)
    for one in answers:
        spread, floor = one.answers, one.floor
        table.add_row(
            *(one.view, str(one.zoom), f"{one.incidents:,}", str(one.features), f"{one.most_bytes / 1000:.1f}"),
            *(f"{figure:.1f}" for figure in (spread.p50, spread.p95, floor.p50, floor.p95)),
            *(_ratio(spread.p50, floor.p50), _ratio(spread.p95, floor.p95)),
            *(f"{one.again.p50:.1f}", f"{one.unchanged_share:.0%}"),
        )
    console.print(table)


def print_windows(windows: Mapping[str, Looks]) -> None:
    many, empty = windows.values()
    table = Table("page Now, 1280 x 800", *windows, "/ empty", title="The map in a browser that draws by software")
    for name, figure in ROWS.items():
        one, floor = getattr(many, figure), getattr(empty, figure)
        table.add_row(name, f"{one:.1f}", f"{floor:.1f}", _ratio(one, floor))
    console.print(table)


def print_reports(reports: Mapping[str, Posted]) -> None:
    table = Table("while 5 reports/s are posted", title="Report → answer, and → alert on the stream")
    for heading in ("answer p50 ms", "p95", "alert p50 ms", "p95", "answer p95 / none", "alert p95 / none"):
        table.add_column(heading)
    floor = next(iter(reports.values()))
    for name, posted in reports.items():
        spreads = (posted.answers.p50, posted.answers.p95, posted.alerts.p50, posted.alerts.p95)
        ratios = (_ratio(posted.answers.p95, floor.answers.p95), _ratio(posted.alerts.p95, floor.alerts.p95))
        table.add_row(name, *(f"{figure:.1f}" for figure in spreads), *ratios)
    console.print(table)


def _ratio(figure: float, floor: float) -> str:
    return f"{figure / floor:.2f}×" if floor else "-"


def write_map(path: Path, machine: Machine, engines: Sequence[MapFigures]) -> None:
    content = {"machine": asdict(machine), "engines": [asdict(item) for item in engines]}
    path.write_text(json.dumps(content, indent=2) + "\n")
