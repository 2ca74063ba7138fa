"""Quantiles of the gamma distribution against SciPy's, which the product does without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from clearway_analytics.risk import gamma

PROBABILITIES = (1e-6, 1e-3, 0.005, 0.025, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.975, 0.995, 0.999, 1 - 1e-6)


@pytest.mark.parametrize(
    ("first", "last", "error"), [(0.01, 1.0, 1e-11), (1.0, 1e3, 1e-11), (1e3, 1e5, 1e-9), (1e5, 1e6, 1e-8)]
)
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_the_relative_error_is_as_stated(first: float, last: float, error: float, probability: float) -> None:
    for shape in np.geomspace(first, last, 25).tolist():
        expected = float(special.gammaincinv(shape, probability))
        if expected > 1e-290:
            assert gamma.quantile(shape, probability) == pytest.approx(expected, rel=error, abs=0), shape


@pytest.mark.parametrize("shape", [0.001, 1e-4])
def test_what_is_smaller_than_a_float_shows_is_as_good_as_nothing(shape: float) -> None:
    assert special.gammaincinv(shape, 0.05) == 0.0
    assert gamma.quantile(shape, 0.05) < 1e-300


@given(st.floats(0.5, 1e4), st.floats(1e-6, 1 - 1e-6))
def test_the_quantile_has_the_probability(shape: float, probability: float) -> None:
    lower, upper = gamma.regularised(shape, gamma.quantile(shape, probability))
    assert lower == pytest.approx(probability, rel=1e-8, abs=1e-11)
    assert upper == pytest.approx(1 - probability, rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("shape", [0.5, 1.0, 7.3, 400.0, 1e5])
def test_both_tails_keep_their_digits(shape: float) -> None:
    for x in (shape / 2, shape - shape**0.5 / 2, shape, shape + 1, shape + 3 * shape**0.5):
        lower, upper = gamma.regularised(shape, x)
        if (expected := float(special.gammainc(shape, x))) > 1e-290:
            assert lower == pytest.approx(expected, rel=1e-9)
        assert upper == pytest.approx(float(special.gammaincc(shape, x)), rel=1e-9)
