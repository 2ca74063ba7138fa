"""The simple values of a request: bounded, printable, storable on either database."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from clearway_platform.forms import BoundedForm

# A text may have lines; nothing else that does not print: the categories Cc and Cs of Unicode. PostgreSQL cannot
# store NUL, and nobody a lone surrogate.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LAYOUT: Final = re.compile(r"[\n\t\r]")


class Form(BoundedForm):
    """Base of all request bodies of this service."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    @property
    def given(self) -> dict[str, Any]:
        """Its fields. pydantic gives them one by one as well, in five times as long."""
        return self.__dict__


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise ValueError("has control characters; remove them")
    return text


def _one_line(text: str) -> str:
    if _LAYOUT.search(text):
        raise ValueError("must be one line")
    return _printable(text)


def _plain_zero(value: float) -> float:
    """Minus zero is zero: databases drop its sign, and the hash of a revision must not depend on it."""
    return value + 0.0


Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_one_line)]
Name = Annotated[Line, Field(min_length=1)]
# As a Name, in one expression: there may be 100,000 of them.
RowName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"),
]
PRINTABLE: Final = AfterValidator(_printable)
Text = Annotated[str, StringConstraints(max_length=500), PRINTABLE]
Narrative = Annotated[str, StringConstraints(max_length=4000), PRINTABLE]
Reason = Annotated[Text, Field(min_length=3, description="Why; it stays in the history.")]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 3166-1 alpha-3.", examples=["MLI"])]
Metres = Annotated[float, Field(ge=0, le=1e7), AfterValidator(_plain_zero)]
Uncertainty = Annotated[
    float, Field(gt=0, le=1e6, description="Radius in metres of the circle that holds the true point with 90 %.")
]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


def _looks_swapped(value: object) -> object:
    """Longitude comes first. Raises ValueError where the values show that latitude was sent first."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(part, int | float) for part in value):
        longitude, latitude = value
        if 90 < abs(latitude) <= 180 and abs(longitude) <= 90:
            raise ValueError("looks swapped: send [longitude, latitude]")
    return value


Longitude = Annotated[float, Field(ge=-180, le=180), AfterValidator(_plain_zero)]
Latitude = Annotated[float, Field(ge=-90, le=90), AfterValidator(_plain_zero)]
Position = Annotated[tuple[Longitude, Latitude], BeforeValidator(_looks_swapped)]
