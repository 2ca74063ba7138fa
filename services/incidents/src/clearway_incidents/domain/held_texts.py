"""A held text: withheld when it came, and released or removed by a person."""

from __future__ import annotations

from enum import StrEnum


class HeldTextState(StrEnum):
    """Where a held text stands."""

    OPEN = "open"
    RELEASED = "released"
    REMOVED = "removed"
