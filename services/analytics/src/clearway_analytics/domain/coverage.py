"""By whom and when each stretch of a route was last verified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clearway_analytics.domain.check import Check
from clearway_analytics.domain.line import Stretch

# A gap shorter than this between two stretches is a difference of odometers.
SHORTEST_GAP_M: Final = 100.0


@dataclass(frozen=True, slots=True)
class Verified:
    """A stretch, in metres along the route, and the last check that verified it; None where none did."""

    start_m: float
    end_m: float
    check: Check | None


def coverage(checks: Iterable[Check], length_m: float) -> list[Verified]:
    """The route from its start to its end by the last check of each stretch. `checks` are of the present line, the
    newest first; they are read no further than the first by which the whole route is covered."""
    found: list[Verified] = []
    uncovered = [Stretch(0.0, length_m)]
    for check in checks:
        if not check.verifies:
            continue
        found += [Verified(start, end, check) for start, end in within(uncovered, check.start_m, check.end_m)]
        uncovered = without(uncovered, check.start_m, check.end_m)
        if not uncovered:
            break
    found += [Verified(start, end, None) for start, end in uncovered]
    return sorted(found, key=lambda verified: verified.start_m)


def last_checked_at(stretches: Sequence[Verified]) -> datetime | None:
    """Since when the whole route is verified: the oldest of the last checks of its stretches. None while a stretch
    that is longer than a difference of odometers was never verified."""
    if any(one.check is None and one.end_m - one.start_m >= SHORTEST_GAP_M for one in stretches):
        return None
    return min((one.check.at for one in stretches if one.check is not None), default=None)


def within(stretches: Sequence[Stretch], start_m: float, end_m: float) -> list[Stretch]:
    """The parts of the stretches between two distances."""
    cut = [Stretch(max(start, start_m), min(end, end_m)) for start, end in stretches]
    return [part for part in cut if part.start_m < part.end_m]


def without(stretches: Sequence[Stretch], start_m: float, end_m: float) -> list[Stretch]:
    """The parts of the stretches outside of two distances."""
    parts = [
        part
        for start, end in stretches
        for part in (Stretch(start, min(end, start_m)), Stretch(max(start, end_m), end))
    ]
    return [part for part in parts if part.start_m < part.end_m]
