"""The figures, printed as tables and written as JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.conditions import Machine
from benchmarks.floors import CHAINS, Floor, Sums, sums
from benchmarks.flow import Flow
from benchmarks.latency import Spread
from benchmarks.saturation import Saturation
from benchmarks.start import Start

# In a file or a pipe there is no width to keep to, and the tables stay whole.
console = Console(width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True, slots=True)
class Figures:
    """One engine's figures."""

    engine: str
    durability: dict[str, str]
    flows: Sequence[Flow]
    saturation: Saturation
    floors: Sequence[Floor] = ()
    start: Start | None = None


def print_conditions(machine: Machine) -> None:
    console.print(
        f"{machine.cores} cores, {machine.memory_gib} GiB, {machine.system}, Python {machine.python}; the load, the "
        "receiver and every server are on it. API keys, missions, signatures and tracing are on, as always.",
        highlight=False,
    )


def _print_floors(figures: Figures) -> None:
    steps = CHAINS[figures.engine]
    table = Table("floor, alone", "p50 ms", "p99 ms", "p50 at 20/s", "p99 at 20/s", title=f"Floors: {figures.engine}")
    for floor in figures.floors:
        if floor.name in steps:
            table.add_row(floor.name, *_cells(floor.close), *_cells(floor.paced))
    close, paced = _sums(figures)
    table.add_section()
    table.add_row(f"sum of {' + '.join(steps)}", *(f"{figure:.2f}" for figure in (*close, *paced)))
    console.print(table)


def _sums(figures: Figures) -> tuple[Sums, Sums]:
    """Of the floors run after run, and at 20 a second."""
    engine, floors = figures.engine, figures.floors
    return sums(engine, floors, paced=False), sums(engine, floors, paced=True)


def _print_start(start: Start) -> None:
    table = Table("from nothing to ready", "s", "/ floor", title="Start of `clearway up`: embedded")
    table.add_row("floor: a bare FastAPI server with SQLAlchemy loaded", f"{start.bare:.2f}", "")
    table.add_row("the first time, databases made", f"{start.first:.2f}", f"{start.first / start.bare:.1f}×")
    table.add_row("again", f"{start.again:.2f}", f"{start.again / start.bare:.1f}×")
    table.add_row("resident when ready, MiB", f"{start.resident_mib:.0f}", "")
    console.print(table)


def print_figures(figures: Figures) -> None:
    _print_floors(figures)
    if figures.start is not None:
        _print_start(figures.start)
    for store, says in figures.durability.items():
        console.print(f"{store}: {says}", highlight=False)
    _print_flows(figures)
    _print_stages(figures)
    _print_saturation(figures)


def _print_flows(figures: Figures) -> None:
    close, paced = _sums(figures)
    table = Table(title=f"Report → alert on the webhook's wire: {figures.engine}")
    for heading in ("reports/s", "alerted / accepted / sent", "p50 ms", "p99 ms", "worst", "p50 since sent", "p99"):
        table.add_column(heading)
    for heading in ("p50 / floors", "p99 / floors", "p50 / floors at 20/s", "p99 / floors at 20/s"):
        table.add_column(heading)
    for flow in figures.flows:
        whole, counts = flow.from_due, f"{flow.alerted} / {flow.accepted} / {flow.reports}"
        ratios = ("-",) * 4 if whole is None else (*_ratios(whole, close), *_ratios(whole, paced))
        worst = "-" if whole is None else f"{whole.worst:.1f}"
        if flow.not_accepted:
            counts += f", answered {flow.not_accepted}"
        table.add_row(f"{flow.rate:g}", counts, *_cells(whole), worst, *_cells(flow.from_sent), *ratios)
    console.print(table)


def _ratios(spread: Spread, floor: Sums) -> tuple[str, str]:
    return f"{spread.p50 / floor.p50:.1f}×", f"{spread.p99 / floor.p99:.1f}×"


def _print_stages(figures: Figures) -> None:
    """How far a report is, since it was sent."""
    table = Table("since it was sent, ms", title=f"Where the time goes: {figures.engine}")
    for flow in figures.flows:
        table.add_column(f"p50 at {flow.rate:g}/s")
        table.add_column("p99")
    for stage in figures.flows[0].stages if figures.flows else ():
        table.add_row(stage, *(cell for flow in figures.flows for cell in _cells(flow.stages[stage])))
    console.print(table)


def _print_saturation(figures: Figures) -> None:
    load = figures.saturation
    table = Table("saturation", "", title=f"Reports accepted: {figures.engine}", show_header=False)
    behind = "never" if load.log_behind_seconds is None else f"{load.log_behind_seconds:.2f} s"
    answers = "-" if load.answers is None else "p50 {:.1f}, p99 {:.1f} ms".format(*_numbers(load.answers))
    table.add_row("accepted a second", f"{load.accepted_a_second:.0f} ({load.clients} clients)")
    table.add_row("answers", answers)
    table.add_row("accepted = listed = in the log", f"{load.accepted} / {load.listed} / {load.in_the_log}")
    table.add_row("lost, phantom", f"{load.lost}, {load.phantom}")
    table.add_row("indeterminate, refused", f"{load.indeterminate}, {load.refused}")
    table.add_row("log behind the last answer", behind)
    console.print(table)


def write_json(path: Path, machine: Machine, engines: Sequence[Figures]) -> None:
    """Everything that was printed, all times in milliseconds but where the name says seconds."""
    content = {
        "machine": asdict(machine),
        "authentication": True,
        "tenancy": True,
        "engines": [asdict(item) | {"sums_of_floors": _named_sums(item)} for item in engines],
    }
    path.write_text(json.dumps(content, indent=2) + "\n")


def _named_sums(figures: Figures) -> dict[str, dict[str, float]]:
    close, paced = _sums(figures)
    return {"close": close._asdict(), "paced": paced._asdict()}


def _numbers(spread: Spread) -> tuple[float, float]:
    return spread.p50, spread.p99


def _cells(spread: Spread | None) -> tuple[str, str]:
    return ("-", "-") if spread is None else (f"{spread.p50:.2f}", f"{spread.p99:.2f}")
