"""What an importer is to the command line: a kind of file, and the report of each of its rows.

A new importer is a module like `awsd.py`, and one entry in `registry.py`. Nothing else knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clearway_incidents.exchange.imports.reading import Table, UnreadableFile, read_table

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Importer:
    """`name` is the word of the command, `title` what the files hold. `columns` are those that a file must have.

    `report_of` gives the report of a row as the API takes it, or raises UnusableRow with the reason, or LeftOut. The
    same row gives the same report, under the same external reference, so that a second import changes nothing.

    `id_column` has the names of the rows in the system `name`, as the references of their reports do: a whole file that
    lacks one of these names proposes to retract its incident. Without it nothing is proposed. `comes_in_parts`: a file
    may have some countries and some years alone; then only what lies within those of its rows can be gone.
    """

    name: str
    title: str
    columns: frozenset[str]
    report_of: Callable[[Row], dict[str, Any]]
    id_column: str | None = None
    comes_in_parts: bool = False

    def read(self, path: Path) -> Table:
        """The rows of a file. Raises UnreadableFile when it is no table, or not of this kind."""
        table = read_table(path)
        if missing := self.columns - set(table.columns):
            raise UnreadableFile(
                f"{path} is not a file of {self.title}: it lacks the columns {', '.join(sorted(missing))}. "
                "Give the file as it was downloaded."
            )
        return table
