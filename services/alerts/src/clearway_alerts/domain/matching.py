"""Which subscriptions an incident concerns: one index for each mission, exact, and fast enough to ask every time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from clearway_alerts.domain.areas import Circle, Corridor, Everything, Polygon, Ring, RouteCorridor
from clearway_alerts.domain.clauses import CLAUSES, Clause, clauses_hold
from clearway_alerts.domain.geometry import are_within, box_around, distance_to, polygon_of, widened
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.subscription import Accuracy, Filter

_EVERYWHERE: Final = shapely.Point()
# The same place counted in degrees once around to the west, as it is, and once around to the east.
_TURNS: Final = np.array([-360.0, 0.0, 360.0])

_Numbers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Incidents and watches whose boxes meet, by their numbers: (n,) each."""

    incidents: _Numbers
    watches: _Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """A filter made ready. `outline` is what distances are measured to, up to `reach_m`; inside `solid` it is zero."""

    subscription_id: UUID
    filter: Filter
    outline: Any
    solid: Any
    reach_m: float

    @property
    def is_everywhere(self) -> bool:
        return self.outline is _EVERYWHERE


def watch_of(subscription_id: UUID, chosen: Filter, route_line: Ring | None = None) -> Watch | None:
    """The filter made ready; None for a route whose line is not known."""
    match chosen.area:
        case Everything():
            return Watch(subscription_id, chosen, _EVERYWHERE, None, math.inf)
        case Circle(center, radius_m):
            return Watch(subscription_id, chosen, shapely.Point(center), None, radius_m)
        case Corridor(line, width_m):
            return Watch(subscription_id, chosen, shapely.LineString(np.array(line)), None, width_m)
        case RouteCorridor(_, width_m):
            if route_line is None:
                return None
            return Watch(subscription_id, chosen, shapely.LineString(np.array(route_line)), None, width_m)
        case Polygon(rings):
            solid = polygon_of(rings)
            shapely.prepare(solid)
            return Watch(subscription_id, chosen, solid.boundary, solid, 0.0)


class Index:
    """The watches of one mission. It never changes: a change of a subscription makes another."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._everywhere = [watch for watch in watches if watch.is_everywhere]
        self._placed = [watch for watch in watches if not watch.is_everywhere]
        self._outlines = _objects([watch.outline for watch in self._placed])
        self._solids = _objects([watch.solid for watch in self._placed])
        self._reach_m = np.array([watch.reach_m for watch in self._placed], dtype=np.float64)
        self._touching = np.array(
            [watch.filter.accuracy is Accuracy.INTERSECTS_UNCERTAINTY for watch in self._placed], dtype=np.bool_
        )
        self._tree = shapely.STRtree(shapely.box(*widened(shapely.bounds(self._outlines), self._reach_m).T))

    def matching(self, incident: IncidentView, reaching: Sequence[Watch]) -> list[UUID]:
        """The subscriptions whose whole filter holds for the incident, which `reaching` was asked for."""
        watches = (*self._everywhere, *reaching)
        return [watch.subscription_id for watch in watches if clauses_hold(watch.filter, incident)]

    def matching_one(self, incident: IncidentView) -> list[UUID]:
        """The same, asked for one incident alone."""
        return self.matching(incident, *self.reaching([incident], self.near([incident])))

    def reaching(self, incidents: Sequence[IncidentView], near: Candidates) -> list[list[Watch]]:
        """For each incident those of its candidates whose area reaches it, whatever else their filters say."""
        found: list[list[Watch]] = [[] for _ in incidents]
        if not len(near.watches):
            return found
        places = np.array([(one.longitude, one.latitude, one.uncertainty_m) for one in incidents])
        longitude, latitude, uncertainty_m = places[near.incidents].T
        reach = self._reach_m[near.watches] + self._touching[near.watches] * uncertainty_m
        reached = are_within(self._outlines[near.watches], longitude, latitude, reach)
        inside = shapely.intersects_xy(self._solids[near.watches], longitude, latitude)
        for pair in np.flatnonzero(reached | inside).tolist():
            found[near.incidents[pair]].append(self._placed[near.watches[pair]])
        return found

    def reaches(self, incident: IncidentView) -> bool:
        """Whether any of the areas reaches the incident, whatever else its filter says."""
        return bool(self._everywhere or self.reaching([incident], self.near([incident]))[0])

    def positions(self, near: Candidates) -> int:
        """How many positions must be measured to match the incidents: what that costs."""
        return int(shapely.get_num_coordinates(self._outlines[near.watches]).sum())

    def near(self, incidents: Sequence[IncidentView]) -> Candidates:
        """Those whose box meets an incident's, also when one of the two lies across the antimeridian."""
        boxes = np.array([box_around(one.longitude, one.latitude, one.uncertainty_m) for one in incidents])
        west, south, east, north = boxes.reshape(-1, 4).T[:, :, None]
        box, watch = self._tree.query(shapely.box(west + _TURNS, south, east + _TURNS, north).ravel())
        found = np.unique(box // len(_TURNS) * len(self._placed) + watch)
        return Candidates(*divmod(found, max(len(self._placed), 1)))


def watched_by(watch: Watch, incidents: Sequence[IncidentView]) -> list[IncidentView]:
    """Those for which the whole filter holds. It takes up to a tenth of a millisecond for each: not on the loop."""
    index = Index([watch])
    return [found for found in incidents if clauses_hold(watch.filter, found) and index.reaches(found)]


def explained(watch: Watch | None, chosen: Filter, incident: IncidentView) -> list[Clause]:
    """Every clause of the filter, applied to the incident, the place last."""
    return [*(clause(chosen, incident) for clause in CLAUSES), _place_clause(watch, incident)]


def _place_clause(watch: Watch | None, incident: IncidentView) -> Clause:
    if watch is None:
        return Clause("area", False, "the route is not known here yet")
    if watch.is_everywhere:
        return Clause("area", True, "everything is watched")
    holds = Index([watch]).reaches(incident)
    return Clause("area", holds, _says_place(watch, incident))


def _says_place(watch: Watch, incident: IncidentView) -> str:
    inside = watch.solid is not None and bool(shapely.intersects_xy(watch.solid, incident.longitude, incident.latitude))
    away = 0.0 if inside else distance_to(watch.outline, incident.longitude, incident.latitude)
    counted = "counted" if watch.filter.accuracy is Accuracy.INTERSECTS_UNCERTAINTY else "not counted"
    return (
        f"{away:.0f} m away; watched within {watch.reach_m:.0f} m, "
        f"the uncertainty of {incident.uncertainty_m:.0f} m {counted}"
    )


def _objects(items: Sequence[Any]) -> npt.NDArray[np.object_]:
    array = np.empty(len(items), dtype=np.object_)
    array[:] = items
    return array
