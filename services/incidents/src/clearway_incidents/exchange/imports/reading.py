"""Reading a table that another program saved, in the encoding and with the separator that it chose."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SEPARATORS: Final = ",;\t"
REMEDY: Final = "Save it as CSV in UTF-8 (in Excel: Save as, CSV UTF-8), and import that file."
_WORKBOOK: Final = b"PK\x03\x04"
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_MARKED: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# What Excel saves as plain "CSV" on a western European or American Windows.
WINDOWS: Final = "cp1252"
_PIECE: Final = 1_048_576


class UnreadableFile(ValueError):
    """A file that is not a table. The text says what to do."""


class Rows:
    """The rows of a table by their column, every value trimmed. They are read from the file each time that they are
    asked for: a file of a million rows does not fit into memory."""

    def __init__(self, path: Path, encoding: str, separator: str) -> None:
        self._path = path
        self._encoding = encoding
        self._separator = separator

    def __iter__(self) -> Iterator[dict[str, str]]:
        """Raises UnreadableFile where the rest is no table."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            try:
                yield from _trimmed(csv.DictReader(file, delimiter=self._separator))
            except csv.Error as error:
                raise UnreadableFile(f"{self._path} is not a table of values: {error}. {REMEDY}") from error

    def __len__(self) -> int:
        return sum(1 for _row in self)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file. `encoding` is None where it was plain UTF-8."""

    columns: tuple[str, ...]
    rows: Rows
    encoding: str | None


def read_table(path: Path) -> Table:
    """Read a table of comma, semicolon or tab separated values. Raises UnreadableFile."""
    encoding, said = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        header = file.readline()
        separator = max(SEPARATORS, key=header.count)
        file.seek(0)
        try:
            columns = csv.DictReader(file, delimiter=separator).fieldnames or ()
        except csv.Error as error:
            raise UnreadableFile(f"{path} is not a table of values: {error}. {REMEDY}") from error
    return Table(tuple(name.strip() for name in columns), Rows(path, encoding, separator), said)


def _encoding_of(path: Path) -> tuple[str, str | None]:
    """The encoding, and its name where the person who imports should know that it was guessed."""
    with path.open("rb") as file:
        begin = file.read(len(_OLD_WORKBOOK))
    if begin.startswith((_WORKBOOK, _OLD_WORKBOOK)):
        raise UnreadableFile(f"{path} is a workbook, not a CSV file. {REMEDY}")
    for mark, encoding in _MARKED.items():
        if begin.startswith(mark):
            _check(path, encoding)
            return encoding, None
    try:
        _check(path, "utf-8")
    except UnreadableFile:
        _check(path, WINDOWS)
        return WINDOWS, WINDOWS
    return "utf-8", None


def _check(path: Path, encoding: str) -> None:
    """Raise UnreadableFile unless the whole file is text in this encoding."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            while piece := file.read(_PIECE):
                if "\0" in piece:
                    raise UnreadableFile(f"{path} is not text. {REMEDY}")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is neither UTF-8 nor {encoding}. {REMEDY}") from error


def _trimmed(reader: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    for row in reader:
        yield {name.strip(): (value or "").strip() for name, value in row.items() if isinstance(name, str)}
