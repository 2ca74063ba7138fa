"""The text over which the hash of a receipt is: that of RFC 8785, with rounded numbers."""

import pytest

from clearway_analytics.api.briefing_bodies import canonical_json


def test_keys_are_in_the_order_of_the_standard() -> None:
    """The example of RFC 8785, section 3.2.3."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\u0080", "\U0001f600", "\u00f6"]
    text = canonical_json({key: [] for key in keys})
    ordered = ["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert text == "{" + ",".join(f'"{key}":[]' for key in ordered) + "}"


@pytest.mark.parametrize(
    ("number", "written"),
    [(20.0, "20"), (-0.00001, "0"), (0.123456, "0.1235"), (0.0001, "0.0001"), (1e16, "10000000000000000"), (7, "7")],
)
def test_a_number_is_rounded_and_written_in_one_way(number: float, written: str) -> None:
    assert canonical_json({"b": [number], "a": None}) == f'{{"a":null,"b":[{written}]}}'


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="nan"):
        canonical_json([float("nan")])
