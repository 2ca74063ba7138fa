"""The cell of the grid always contains the place, and is the same for every place in it."""

from hypothesis import given
from hypothesis import strategies as st

from clearway_contracts.grid import CELLS_A_DEGREE, cell_of

longitudes = st.floats(-180, 180, allow_nan=False)
latitudes = st.floats(-90, 90, allow_nan=False)


@given(longitudes, latitudes)
def test_contains_the_place(longitude: float, latitude: float) -> None:
    cell = cell_of(longitude, latitude)
    assert cell.west <= longitude <= cell.east
    assert cell.south <= latitude <= cell.north
    assert -180 <= cell.west < cell.east <= 180
    assert -90 <= cell.south < cell.north <= 90


@given(st.integers(-1800, 1799), st.integers(-900, 899), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_is_the_same_for_every_place_in_it(column: int, row: int, along: float, up: float) -> None:
    middle = cell_of((column + 0.5) / CELLS_A_DEGREE, (row + 0.5) / CELLS_A_DEGREE)
    assert cell_of((column + along) / CELLS_A_DEGREE, (row + up) / CELLS_A_DEGREE) == middle
