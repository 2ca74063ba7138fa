"""What a check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from clearway_platform.audit.links import Fault

PLACE = "checkpoints"
"""In place of a chain's name, where the checkpoints themselves were tampered with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first record of a chain that is wrong, and what was done to it. `sequence` is its number, None where it is in
    no chain. Of checkpoints, `mission` is None and `place` says where they are kept."""

    chain: str
    fault: Fault
    said: str
    mission: str | None = None
    sequence: int | None = None
    place: str | None = None

    def plain(self) -> dict[str, Any]:
        """For a database, and for programs."""
        return {**asdict(self), "fault": str(self.fault)}
