"""Risk parameters and their comparison, as the API gives them, in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from clearway_platform.cli.listing import Row, printable

Body = Mapping[str, Any]


def revision_row(revision: Body) -> Row:
    """One revision in the list."""
    return {
        "revision": revision["revision"],
        "state": revision["state"],
        "name": revision["parameters"]["name"],
        "proposed_by": revision["proposed_by"],
        "proposed_at": moment(revision["proposed_at"]),
        "parameters_id": revision["parameters_id"],
        "reason": revision["reason"],
    }


def revision_fields(revision: Body) -> Row:
    """One revision by itself: who decided what and when, what it changes, and every parameter."""
    summary, progress = revision["summary"], revision["progress"]
    about = {
        "decided_by": revision["decided_by"],
        "decided_at": moment(revision["decided_at"]),
        "decision_reason": revision["decision_reason"],
        "computed": None if progress is None else f"{progress['done']:,} of {progress['incidents']:,} incidents",
        "compared_at": moment(revision["compared_at"]),
        "comparison": None if summary is None else summary_sentence(summary),
    }
    values = {name: _number(value) for name, value in revision["parameters"].items() if name != "name"}
    return {**revision_row(revision), **about, **values}


def title(revision: Body) -> str:
    """A revision as the beginning of a sentence names it."""
    return f"Revision {revision['revision']} ({printable(revision['parameters']['name'])})"


def hint_sentence(hint: Body) -> str:
    """The rate of incidents, and the preset that is for such a rate."""
    said = f"Incidents that count, in the last 90 days: {_rate(hint['incidents_per_day'])} a day."
    preset = hint["suggested"]
    if preset is None:
        return f"{said} No other preset is suggested."
    return (
        f"{said} The preset `{preset}` is for such a rate. To compare it with the parameters in use:\n"
        f'  clearway risk-parameters propose --preset {preset} --reason "…"'
    )


def comparison_rows(routes: Iterable[Body]) -> list[Row]:
    """The routes of a comparison, each before and after."""
    return [
        {
            "route": route["name"],
            "expected_events": f"{route['expected_events_before']:.2g} → {route['expected_events_after']:.2g}",
            "factor": f"× {route['factor']:.2g}",
            "band": _change(route["band_before"], route["band_after"]),
        }
        for route in routes
    ]


def summary_sentence(summary: Body) -> str:
    """How many routes change their band, and how far the expected events change."""
    routes, changed = summary["routes"], summary["bands_changed"]
    if routes == 0:
        return "There is no route to compare."
    factors = f"from {summary['smallest_factor']:.2g} to {summary['largest_factor']:.2g}"
    return (
        f"Routes whose band changes: {changed:,} of {routes:,}{_directions(summary) if changed else ''}. "
        f"Expected events change by factors {factors}."
    )


def moment(text: str | None) -> datetime | None:
    """A time as the API gives it, in UTC."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _directions(summary: Body) -> str:
    counts = {
        "to a higher band": summary["bands_raised"],
        "to a lower band": summary["bands_lowered"],
        "between low and low_data": summary["bands_changed"] - summary["bands_raised"] - summary["bands_lowered"],
    }
    return f" ({', '.join(f'{count:,} {where}' for where, count in counts.items() if count)})"


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _rate(per_day: float) -> str:
    return f"{per_day:.2f}" if per_day < 10 else f"{per_day:.0f}"


def _number(value: Any) -> Any:
    """A parameter: a number, several in order, or several with names."""
    if isinstance(value, Mapping):
        return [f"{name} {_number(inner)}" for name, inner in value.items()]
    if isinstance(value, list):
        return [_number(inner) for inner in value]
    return f"{value:g}"
