"""The interval against tabulated and published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from clearway_analytics.risk.intensity import probability_of_any
from clearway_analytics.risk.interval import effective_sample, fay_feuer


# Exact 95 % limits of a Poisson count (Garwood 1936), as tabulated in textbooks of epidemiology.
@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390)]
)
def test_equal_weights_give_the_exact_interval_of_a_count(count: int, low: float, high: float) -> None:
    found = fay_feuer(float(count), float(count), 1.0, 0.95)
    assert found.low == pytest.approx(low, abs=2e-3)
    assert found.high == pytest.approx(high, abs=2e-3)


def test_unequal_weights_by_hand() -> None:
    total, squares, largest = 0.8 + 0.4 + 0.1, 0.64 + 0.16 + 0.01, 0.8
    found = fay_feuer(total, squares, largest, 0.90)
    assert found.low == pytest.approx(squares / (2 * total) * chi2.ppf(0.05, 2 * total**2 / squares))
    more, wider = total + largest, squares + largest**2
    assert found.high == pytest.approx(wider / (2 * more) * chi2.ppf(0.95, 2 * more**2 / wider))


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=50), st.floats(0.01, 100))
def test_the_interval_holds_the_figure_and_scales_with_it(weights: list[float], scale: float) -> None:
    array = np.array(weights)
    total, squares, largest = float(array.sum()), float((array**2).sum()), float(array.max())
    found = fay_feuer(total, squares, largest, 0.90)
    assert 0 <= found.low < total < found.high
    scaled = fay_feuer(scale * total, scale**2 * squares, scale * largest, 0.90)
    assert (scaled.low, scaled.high) == pytest.approx((scale * found.low, scale * found.high))


def test_without_incidents_the_interval_is_wide_and_not_empty() -> None:
    found = fay_feuer(0.0, 0.0, 0.01, 0.90)
    assert found.low == 0.0
    assert found.high == pytest.approx(0.01 * 2.9957, rel=1e-4)


@pytest.mark.parametrize(("total", "squares", "sample"), [(4, 4, 4), (1.3, 0.81, 2.0864), (0, 0, 0)])
def test_effective_sample(total: float, squares: float, sample: float) -> None:
    assert effective_sample(total, squares) == pytest.approx(sample, abs=1e-4)


@pytest.mark.parametrize(("expected", "chance"), [(0, 0), (1e-12, 1e-12), (0.5, 0.393469), (3, 0.950213)])
def test_the_chance_of_any_is_that_of_a_poisson_count(expected: float, chance: float) -> None:
    assert probability_of_any(expected) == pytest.approx(chance, rel=1e-5)
