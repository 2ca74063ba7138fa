"""A row that cannot be imported, the summary of an import, and the file of refused rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

REASON: Final = "refused because"


class UnusableRow(ValueError):
    """A row that gives no report. The reason names no value but the one at fault."""


class LeftOut(Exception):
    """A row that the record has no place for, which is no fault of its. The text says what it is."""


@dataclass(slots=True)
class Summary:
    """The results of a file's rows, the rows that were refused, and how many have texts that are under review."""

    results: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rejects: list[dict[str, str]] = field(default_factory=list)
    withheld: int = 0

    def leave_out(self, what: str) -> None:
        self.results[f"left out: {what}"] += 1

    def refuse(self, row: Mapping[str, str], reason: str) -> None:
        self.results["refused"] += 1
        self.reasons[reason] += 1
        self.rejects.append({**row, REASON: reason})

    def write_rejects(self, path: Path) -> None:
        """Write the refused rows unchanged, with the reason of each in the last column."""
        columns = list(dict.fromkeys(name for row in self.rejects for name in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rejects)
