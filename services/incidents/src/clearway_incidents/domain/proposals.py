"""What a newer edition of a source proposes: to retract what it no longer has. A person decides."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

# A file that lacks more than this share of what is on record is more likely a part of an edition than a whole one.
MOST_GONE: Final = 0.1
# Of a small source a few rows are a large share.
ALWAYS_ALLOWED: Final = 10


class ProposalState(StrEnum):
    """Where a proposal stands. It is withdrawn when a later edition has the row again."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of a source that an edition is about; None is all. What lies outside is not gone because it is not in
    it. An edition that is too long is compared in ranges of its names: `from_id` is within, `before_id` is not."""

    countries: AbstractSet[str] | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    from_id: str | None = None
    before_id: str | None = None

    def has_name(self, name: str) -> bool:
        return (self.from_id is None or self.from_id <= name) and (self.before_id is None or name < self.before_id)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An edition beside the record. `gone` are the names to propose, each with its incident; `back` are names whose
    open proposals are withdrawn."""

    gone: Mapping[str, UUID]
    back: AbstractSet[str]


def compare(edition: AbstractSet[str], known: Mapping[str, UUID], proposed: Mapping[str, ProposalState]) -> Comparison:
    """`known` are the names on record with incidents that can be retracted. What a person dismissed is not proposed
    again, and what is open stays open."""
    new = {name: incident for name, incident in known.items() if name not in edition}
    again = {None, ProposalState.WITHDRAWN}
    back = {name for name, state in proposed.items() if state is ProposalState.OPEN and name in edition}
    return Comparison({name: incident for name, incident in new.items() if proposed.get(name) in again}, back)


def is_a_part(edition: AbstractSet[str], known: Mapping[str, UUID]) -> bool:
    """Whether the edition lacks so much that it is hardly a whole one."""
    missing = len(known.keys() - edition)
    return missing > max(ALWAYS_ALLOWED, len(known) * MOST_GONE)
