"""The arrays of the model."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Indices of corridors, routes or segments.
Numbers = NDArray[np.intp]
