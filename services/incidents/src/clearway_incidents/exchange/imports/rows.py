"""What the importers of files have in common: a row that cannot be used, and the file of those that were not."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

REASON: Final = "refused because"


class UnusableRow(ValueError):
    """A row that makes no report, and why; the reason names no value but the one at fault."""


@dataclass(slots=True)
class Summary:
    """What became of a file's rows."""

    results: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rejects: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, row: Mapping[str, str], reason: str) -> None:
        self.results["refused"] += 1
        self.reasons[reason] += 1
        self.rejects.append({**row, REASON: reason})

    def write_rejects(self, path: Path) -> None:
        """The refused rows as they were, with the reason of each in the last column."""
        columns = list(dict.fromkeys(name for row in self.rejects for name in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rejects)
