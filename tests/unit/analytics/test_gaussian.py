"""Φ against SciPy's, which the product does without."""

import numpy as np
import pytest
from scipy import special

from clearway_analytics.risk.gaussian import CENTRE, COEFFICIENTS, FARTHEST, below


@pytest.mark.parametrize(("first", "last", "error"), [(-37.5, -8.0, 1e-12), (-8.0, 8.0, 5e-14), (8.0, 60.0, 1e-15)])
def test_the_relative_error_is_as_stated(first: float, last: float, error: float) -> None:
    z = np.linspace(first, last, 200_001)
    assert np.abs(below(z) / special.ndtr(z) - 1.0).max() < error


def test_the_smallest_floats_and_what_lies_beyond() -> None:
    z = np.array([-np.inf, -1e300, -FARTHEST, -38.4, -0.0, 0.0, 1e300, np.inf, np.nan])
    np.testing.assert_allclose(below(z), special.ndtr(z), rtol=1e-12, atol=1e-320)


def test_any_shape_is_taken_and_none_is_changed() -> None:
    z = np.linspace(-3, 3, 24).reshape(2, 3, 4)
    before = z.copy()
    assert below(z).shape == z.shape
    assert np.array_equal(z, before)


def test_it_falls_nowhere() -> None:
    # Neighbouring values differ by less than the error from 5 on, where Φ is all but 1.
    assert (np.diff(below(np.linspace(-38, 5, 100_001))) >= 0).all()


def test_the_coefficients_are_computed_again() -> None:
    degree = len(COEFFICIENTS) - 1
    t = np.polynomial.chebyshev.chebpts1(degree + 1)
    x = CENTRE * (1 + t) / (1 - t)
    again = np.polynomial.chebyshev.chebfit(t, (1 + 2 * x) * special.erfcx(x), degree)
    given = np.polynomial.chebyshev.poly2cheb(np.array(COEFFICIENTS))
    assert np.abs(given - again).max() < 5e-15
