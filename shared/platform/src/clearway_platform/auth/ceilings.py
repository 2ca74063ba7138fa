"""Ceilings: up to which marks a key may read, and what that makes of a record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from clearway_contracts.handling import Handling, classifications_up_to, organisation_key, tlps_up_to
from clearway_contracts.vocabulary import Classification, Tlp

EVERY_ORGANISATION: Final = "*"
"""In place of an organisation's name: `releasable_to` does not limit the key."""


class Sight(Enum):
    """What a reader may see of a record: the whole, what is left of it at a lower TLP, or nothing."""

    WHOLE = "whole"
    REDUCED = "reduced"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest marks that a key may read. `organisation` is the one that its holder belongs to: a record that names
    organisations in `releasable_to` is for these alone."""

    tlp: Tlp
    classification: Classification
    organisation: str | None

    def sight(self, *handlings: Handling) -> Sight:
        """What may be seen of a record that has had all these marks: the least that any of them allows."""
        found = {self._sight(handling) for handling in handlings}
        return next((sight for sight in (Sight.NOTHING, Sight.REDUCED) if sight in found), Sight.WHOLE)

    def covers(self, other: Ceiling) -> bool:
        """Whether all that keys of the other ceiling may read may be read with this one."""
        levels = tlps_up_to(other.tlp) <= tlps_up_to(self.tlp)
        levels = levels and classifications_up_to(other.classification) <= classifications_up_to(self.classification)
        if other.organisation is None or self.organisation == EVERY_ORGANISATION:
            return levels
        return levels and self.organisation is not None and _same(self.organisation, other.organisation)

    @property
    def is_unlimited(self) -> bool:
        return self == UNLIMITED

    def _sight(self, handling: Handling) -> Sight:
        """Above the classification, or for other organisations, nothing; above the TLP alone, the reduced record."""
        if handling.classification not in classifications_up_to(self.classification) or not self._is_named(handling):
            return Sight.NOTHING
        return Sight.WHOLE if handling.tlp in tlps_up_to(self.tlp) else Sight.REDUCED

    def _is_named(self, handling: Handling) -> bool:
        if not handling.releasable_to or self.organisation == EVERY_ORGANISATION:
            return True
        own = self.organisation
        return own is not None and any(_same(own, name) for name in handling.releasable_to)


def _same(one: str, other: str) -> bool:
    return organisation_key(one) == organisation_key(other)


UNLIMITED: Final = Ceiling(Tlp.RED, Classification.STRICTLY_CONFIDENTIAL, EVERY_ORGANISATION)
