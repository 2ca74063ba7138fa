"""Forward decay: additions commute, and what was added can be taken away."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_analytics.risk.decay import LANDMARK, DecayedSums, lowered, raised

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TAU = 90.0
# (incident, weight, age in days): a later entry of an incident replaces the earlier one; weight 0 retracts it.
HISTORY = st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1), st.floats(0, 900)), max_size=30)


def kept(weight: float, age: float) -> float:
    return raised(weight, NOW - timedelta(days=age), LANDMARK, TAU)


def sums(weight: float, age: float) -> DecayedSums:
    return DecayedSums.of([kept(weight, age)]) if weight > 0 else DecayedSums()


@given(st.floats(0, 1), st.floats(0, 3_650))
def test_a_weight_reads_as_its_plain_decay(weight: float, age: float) -> None:
    assert lowered(kept(weight, age), NOW, LANDMARK, TAU) == pytest.approx(weight * math.exp(-age / TAU), abs=1e-12)


@given(HISTORY, st.randoms(use_true_random=False))
def test_any_order_of_additions_and_corrections_gives_the_same_sums(
    history: list[tuple[int, float, float]], random: object
) -> None:
    latest: dict[int, DecayedSums] = {}
    steps: list[DecayedSums] = []
    for incident, weight, age in history:
        now = sums(weight, age)
        steps += [DecayedSums() - latest.get(incident, DecayedSums()), now]
        latest[incident] = now
    random.shuffle(steps)  # type: ignore[attr-defined]
    found = sum(steps, DecayedSums())
    expected = sum(latest.values(), DecayedSums())
    assert found.count == expected.count
    assert found.read(NOW, LANDMARK, TAU) == pytest.approx(expected.read(NOW, LANDMARK, TAU), abs=1e-9)


def test_an_empty_sum_reads_as_zero_whatever_rounding_left() -> None:
    assert DecayedSums(-1e-17, 1e-19, 0).read(NOW, LANDMARK, TAU) == (0.0, 0.0)


def test_squares_decay_twice_as_fast() -> None:
    total, squares = DecayedSums.of([kept(0.5, 0)]).read(NOW + timedelta(days=TAU), LANDMARK, TAU)
    assert total == pytest.approx(0.5 / math.e)
    assert squares == pytest.approx(total**2)


def test_nothing_overflows_within_a_century() -> None:
    later = NOW + timedelta(days=36_525)
    assert lowered(raised(1.0, later, LANDMARK, TAU), later, LANDMARK, TAU) == pytest.approx(1.0)
