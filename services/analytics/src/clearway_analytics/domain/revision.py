"""The states of a revision of risk parameters."""

from enum import StrEnum
from typing import Final


class ParametersState(StrEnum):
    """`rebuilding`: the risks with these parameters are being computed. `compared`: they are computed, and a person
    decides. `current`: in use. `superseded`: was in use. `discarded`: was never used."""

    REBUILDING = "rebuilding"
    COMPARED = "compared"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


OPEN: Final = (ParametersState.REBUILDING, ParametersState.COMPARED)
