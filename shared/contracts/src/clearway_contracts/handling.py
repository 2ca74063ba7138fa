"""How what is told of an incident may be handled: to whom it may go. Every record of one has such marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clearway_contracts.vocabulary import Classification, Tlp

# From the widest circle to the narrowest.
_TLP_ORDER: Final = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED)
_CLASSIFICATION_ORDER: Final = (
    Classification.UNCLASSIFIED,
    Classification.CONFIDENTIAL,
    Classification.STRICTLY_CONFIDENTIAL,
)


@dataclass(frozen=True, slots=True)
class Handling:
    """The marks of one record. `releasable_to` names organisations; empty does not limit them."""

    tlp: Tlp
    classification: Classification
    releasable_to: tuple[str, ...] = ()


# A record whose marks are missing or cannot be read.
MOST_RESTRICTED: Final = Handling(Tlp.RED, Classification.STRICTLY_CONFIDENTIAL)


def tlps_up_to(highest: Tlp) -> frozenset[Tlp]:
    """The levels that are not above `highest`."""
    return frozenset(_TLP_ORDER[: _TLP_ORDER.index(highest) + 1])


def classifications_up_to(highest: Classification) -> frozenset[Classification]:
    """The levels that are not above `highest`."""
    return frozenset(_CLASSIFICATION_ORDER[: _CLASSIFICATION_ORDER.index(highest) + 1])


def higher_tlp(one: Tlp, other: Tlp) -> Tlp:
    """The one of the narrower circle."""
    return max(one, other, key=_TLP_ORDER.index)


def higher_classification(one: Classification, other: Classification) -> Classification:
    """The higher of the two."""
    return max(one, other, key=_CLASSIFICATION_ORDER.index)


def organisation_key(name: str) -> str:
    """The form in which names of organisations are compared: neither case nor blanks make another one."""
    return " ".join(name.split()).casefold()
