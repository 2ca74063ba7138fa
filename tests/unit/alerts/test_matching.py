"""The index finds exactly what a brute-force look at every subscription finds."""

from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from clearway_alerts.domain.areas import Circle, Corridor, Everything, Polygon, RouteCorridor
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.matching import Index, explained, watch_of
from clearway_alerts.domain.subscription import Accuracy, Filter, MinimumGrade
from clearway_contracts.vocabulary import Category, Inclusion, InfoCredibility, Severity, SourceReliability, Tlp

GEOD = Geod(ellps="WGS84")
Make = Callable[..., IncidentView]
positions = st.tuples(st.floats(-1.3, -0.7), st.floats(16.7, 17.3))
areas = st.one_of(
    st.builds(Circle, positions, st.floats(1, 40_000)),
    st.builds(Corridor, st.lists(positions, min_size=2, max_size=4, unique=True).map(tuple), st.floats(1, 20_000)),
)


def brute_distance(area: Circle | Corridor, longitude: float, latitude: float) -> tuple[float, float]:
    """The geodesic distance to the nearest of many points of the area's middle, and the error of that."""
    if isinstance(area, Circle):
        return GEOD.inv(longitude, latitude, *area.center)[2], 0.05
    steps = np.linspace(0, 1, 2001)
    line = np.array(area.line)
    dense = np.vstack([a + steps[:, None] * (b - a) for a, b in pairwise(line)])
    away = GEOD.inv(np.full(len(dense), longitude), np.full(len(dense), latitude), dense[:, 0], dense[:, 1])[2]
    return float(away.min()), 60.0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    watched=st.lists(areas, min_size=1, max_size=12),
    place=positions,
    uncertainty=st.floats(0, 5000),
    touch=st.booleans(),
)
def test_the_index_agrees_with_brute_force(
    make: Make, watched: list[Circle | Corridor], place: tuple[float, float], uncertainty: float, touch: bool
) -> None:
    accuracy = Accuracy.INTERSECTS_UNCERTAINTY if touch else Accuracy.CONTAINS
    watches = [watch_of(UUID(int=n), Filter(area, accuracy)) for n, area in enumerate(watched)]
    incident = make(longitude=place[0], latitude=place[1], uncertainty_m=uncertainty)
    index = Index([watch for watch in watches if watch])
    found = set(index.matching_one(incident))
    for number, area in enumerate(watched):
        away, error = brute_distance(area, *place)
        reach = (area.radius_m if isinstance(area, Circle) else area.width_m) + (uncertainty if touch else 0)
        if abs(away - reach) > error:
            assert (UUID(int=number) in found) == (away < reach)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(watched=st.lists(areas, max_size=12), places=st.lists(positions, min_size=1, max_size=8))
def test_incidents_together_match_as_each_alone(
    make: Make, watched: list[Circle | Corridor], places: list[tuple[float, float]]
) -> None:
    watches = [watch_of(UUID(int=n), Filter(area)) for n, area in enumerate([*watched, Everything()])]
    index = Index([watch for watch in watches if watch])
    incidents = [make(longitude=west, latitude=north, uncertainty_m=5e3 * n) for n, (west, north) in enumerate(places)]
    together = index.reaching(incidents, index.near(incidents))
    for incident, reaching in zip(incidents, together, strict=True):
        assert index.matching(incident, reaching) == index.matching_one(incident)


SQUARE = Polygon((((-1.1, 16.9), (-0.9, 16.9), (-0.9, 17.1), (-1.1, 17.1), (-1.1, 16.9)),))


def matches(chosen: Filter, incident: IncidentView) -> bool:
    ready = watch_of(UUID(int=1), chosen)
    assert ready
    index = Index([ready])
    return index.matching_one(incident) == [UUID(int=1)]


def test_a_polygon_holds_its_inside_and_what_is_uncertain_near_its_edge(make: Make) -> None:
    assert matches(Filter(SQUARE), make())
    outside = make(longitude=-0.895)  # about 530 m east of the edge
    assert not matches(Filter(SQUARE), outside)
    assert matches(Filter(SQUARE), make(longitude=-0.895, uncertainty_m=600))
    assert not matches(Filter(SQUARE, Accuracy.CONTAINS), make(longitude=-0.895, uncertainty_m=600))


def test_a_place_across_the_antimeridian_is_near(make: Make) -> None:
    assert matches(Filter(Circle((179.999, -17.0), 1000)), make(longitude=-179.999, latitude=-17.0))


@pytest.mark.parametrize(
    ("chosen", "changes", "expected"),
    [
        (Filter(Everything()), {}, True),
        (Filter(Everything()), {"category": Category.OTHER_EXPLOSIVE}, True),
        (Filter(Everything()), {"category": Category.NOT_EXPLOSIVE}, False),
        (Filter(Everything(), categories=frozenset({Category.IED})), {"category": Category.OTHER_EXPLOSIVE}, False),
        (Filter(Everything()), {"exercise": True}, False),
        (Filter(Everything(), exercises=Inclusion.INCLUDE), {"exercise": True}, True),
        (Filter(Everything(), exercises=Inclusion.INCLUDE), {}, True),
        (Filter(Everything(), exercises=Inclusion.ONLY), {"exercise": True}, True),
        (Filter(Everything(), exercises=Inclusion.ONLY), {}, False),
        (Filter(Everything(), min_severity=Severity.EXTREME), {}, False),
        (Filter(Everything(), min_severity=Severity.EXTREME), {"killed_high": 1}, True),
        (Filter(Everything(), tlp_max=Tlp.GREEN), {"tlp": Tlp.AMBER}, False),
        (Filter(Everything(), tlp_max=Tlp.GREEN), {"tlp": Tlp.CLEAR}, True),
        (Filter(Everything(), min_grade=MinimumGrade(credibility=InfoCredibility(3))), {}, True),
        (
            Filter(Everything(), min_grade=MinimumGrade(credibility=InfoCredibility(6))),
            {"credibility": InfoCredibility(6)},
            False,
        ),
        (Filter(Everything(), min_grade=MinimumGrade(reliability=SourceReliability.A)), {}, False),
    ],
)
def test_every_other_clause_counts(make: Make, chosen: Filter, changes: dict[str, object], expected: bool) -> None:
    assert matches(chosen, make(**changes)) is expected


def test_a_route_that_is_not_known_watches_nothing_and_says_so(make: Make) -> None:
    chosen = Filter(RouteCorridor(UUID(int=9), 500))
    assert watch_of(UUID(int=1), chosen) is None
    assert [clause.says for clause in explained(None, chosen, make()) if not clause.holds] == [
        "the route is not known here yet"
    ]


def test_the_explanation_names_the_clause_that_failed(make: Make) -> None:
    chosen = Filter(Circle((-1.0, 17.1), 500))
    failed = [clause for clause in explained(watch_of(UUID(int=1), chosen), chosen, make()) if not clause.holds]
    assert [clause.name for clause in failed] == ["area"]
    assert failed[0].says.startswith("11067 m away; watched within 500 m")
