"""What clearances leave of an incident's effect on a route.

An incident makes further ones likely near it: those that were there already when it was reported, and those that are
placed later. A clearance takes out of a stretch what was present before it, so of an earlier incident the stretch's
part of formula (2) is left out; an incident after the clearance counts on the whole route. What is left depends on the
incident, the line and the clearances alone, so a contribution can be made again at any time (docs/adr/0034).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clearway_analytics.domain.coverage import without
from clearway_analytics.domain.line import Position, Stretch
from clearway_analytics.risk.corridor import Corridor
from clearway_analytics.risk.milestones import Milestones

Left = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Clearing:
    """A clearance as the model uses it: a stretch in metres along the line, and when its end was reached."""

    start_m: float
    end_m: float
    at: datetime


@dataclass(frozen=True, slots=True)
class ClearedLine:
    """A line with clearances. `left[i]` is what neither the clearance at `times[i]` nor a later one covers."""

    milestones: Milestones
    half_width_m: float
    times: tuple[datetime, ...]
    left: tuple[Left, ...]

    @classmethod
    def of(cls, line: Sequence[Position], half_width_m: float, clearings: Sequence[Clearing]) -> ClearedLine:
        milestones = Milestones.of(line)
        latest_first = sorted(clearings, key=lambda clearing: clearing.at, reverse=True)
        rest = [Stretch(0.0, float(milestones.along_m[-1]))]
        left: list[Left] = []
        for clearing in latest_first:
            rest = without(rest, clearing.start_m, clearing.end_m)
            left.append(tuple(rest))
        times = tuple(clearing.at for clearing in reversed(latest_first))
        return cls(milestones, half_width_m, times, tuple(reversed(left)))

    def left_of(self, present: datetime) -> Left | None:
        """The stretches on which something that was present at a moment may still be; None: on the whole route."""
        following = bisect_left(self.times, present)
        return None if following == len(self.times) else self.left[following]

    def corridor(self, left: Left) -> Corridor:
        return self.milestones.corridor(left, self.half_width_m)
