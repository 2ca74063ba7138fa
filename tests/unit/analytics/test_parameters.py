"""Risk parameters: which fit together, and which a rate speaks for."""

from dataclasses import replace
from typing import Any

import pytest

from clearway_analytics.commands.change_parameters import ParametersDraft
from clearway_analytics.domain.errors import InvalidParameters
from clearway_analytics.risk.decay import LANDMARK, raised
from clearway_analytics.risk.parameters import (
    DENSE,
    FORMULAS,
    PRESETS,
    SHORTEST_DECAY_DAYS,
    SPARSE,
    Parameters,
    by_rate,
    suggested,
)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_presets_fit(preset: Parameters) -> None:
    preset.check()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"shares": (0.5, 0.5)}, "shares"),
        ({"shares": (0.0, 0.0, 0.0, 0.0)}, "shares"),
        ({"shares": (0.6, 0.6, 0.6, 0.6)}, "shares"),
        ({"scales_m": (500.0, 100.0, 2_500.0, 15_000.0)}, "scales_m"),
        ({"scales_m": (100.0, 100.0, 2_500.0, 15_000.0)}, "scales_m"),
        ({"credibility_weights": {"confirmed": 1.0}}, "credibility_weights"),
        ({"bands": replace(SPARSE.bands, high=0.2)}, "bands"),
        ({"bands": replace(SPARSE.bands, elevated=0.03)}, "bands"),
    ],
)
def test_values_that_do_not_fit_say_where_and_what_to_do(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        replace(SPARSE, **changes).check()
    assert refused.value.fault.place == place
    assert refused.value.fault.remedy.startswith("Send ")


def test_a_draft_starts_from_a_preset_or_from_what_is_in_use() -> None:
    in_use = replace(SPARSE, name="ours", decay_days=120.0)
    assert ParametersDraft("why", preset="dense").of(in_use) == DENSE
    changed = ParametersDraft("why", changes={"horizon_days": 14.0}, status_weights={"disputed": 0.1}).of(in_use)
    assert (changed.name, changed.decay_days, changed.horizon_days) == ("custom", 120.0, 14.0)
    assert changed.status_weights == {**SPARSE.status_weights, "disputed": 0.1}
    named = ParametersDraft("why", preset="dense", name="north", bands={"severe": 0.3}).of(in_use)
    assert (named.name, named.bands.severe, named.bands.high) == ("north", 0.3, DENSE.bands.high)


@pytest.mark.parametrize(
    ("rate", "in_use", "expected"),
    [
        (0.0, SPARSE, SPARSE),
        (10.0, SPARSE, DENSE),
        (9.9, SPARSE, SPARSE),
        (2.1, DENSE, DENSE),
        (2.0, DENSE, SPARSE),
        (5.0, replace(SPARSE, credibility_weights={}, formulas=1), SPARSE),
        (5.0, replace(DENSE, formulas=1), DENSE),
    ],
)
def test_the_rate_chooses_a_preset_and_between_the_limits_keeps_it(
    rate: float, in_use: Parameters, expected: Parameters
) -> None:
    assert by_rate(rate, in_use) == expected


def test_a_draft_has_the_formulas_of_this_program() -> None:
    before = replace(SPARSE, formulas=1)
    draft = ParametersDraft("why").of(before)
    assert (draft.formulas, draft.name) == (FORMULAS, "sparse")


def test_a_draft_completes_weights_for_credibility() -> None:
    before = replace(SPARSE, credibility_weights={})
    assert ParametersDraft("why", changes={"horizon_days": 14.0}).of(before).credibility_weights == {}
    weighted = ParametersDraft("why", credibility_weights={"doubtful": 0.2}).of(before)
    assert weighted.credibility_weights == {**SPARSE.credibility_weights, "doubtful": 0.2}


def test_the_shortest_decay_does_not_overflow_for_years() -> None:
    kept = raised(1.0, LANDMARK.replace(year=LANDMARK.year + 15), LANDMARK, SHORTEST_DECAY_DAYS)
    assert kept * kept < float("inf")


@pytest.mark.parametrize(
    ("rate", "in_use", "expected"),
    [
        (0.0, "sparse", None),
        (2.0, "dense", "sparse"),
        (2.1, "dense", None),
        (9.9, "sparse", None),
        (10.0, "sparse", "dense"),
        (10.0, "dense", None),
        (10.0, "custom", "dense"),
    ],
)
def test_a_rate_between_the_limits_suggests_nothing(rate: float, in_use: str, expected: str | None) -> None:
    assert suggested(rate, in_use) == expected
