"""The error of a reported location."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

# A circular Gaussian of standard deviation l holds 1 − e^{−R²/2l²} within R, so 90 % lie within l·√(2 ln 10) = 2.1460·l
# (Federal Geographic Data Committee, FGDC-STD-007.3-1998, appendix 3-A; the circle is known as CE90).
CE90_IN_SD: Final = math.sqrt(2.0 * math.log(10.0))


def uncertainty_m(location_sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """The radii of the circles that hold 90 %, metres."""
    return location_sd * CE90_IN_SD


def location_sd(uncertainty_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """The standard deviations l per axis, metres, of locations whose 90 % circles have the radii `uncertainty_m`."""
    return uncertainty_m / CE90_IN_SD
