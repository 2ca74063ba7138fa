"""Reading a table that another program saved, in the encoding and with the separator that it chose."""

from __future__ import annotations

import codecs
import csv
import io
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


class UnreadableFile(ValueError):
    """A file that is not a table. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file by their column, every value trimmed. `encoding` is None where it was plain UTF-8."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    encoding: str | None


def read_table(path: Path) -> Table:
    """Read a table of comma, semicolon or tab separated values. Raises UnreadableFile."""
    text, encoding = _decoded(path)
    if "\0" in text:
        raise UnreadableFile(f"{path} is not text. {REMEDY}")
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_separator(text))
        columns = tuple(name.strip() for name in reader.fieldnames or ())
        return Table(columns, tuple(_trimmed(reader)), encoding)
    except csv.Error as error:
        raise UnreadableFile(f"{path} is not a table of values: {error}. {REMEDY}") from error


def _decoded(path: Path) -> tuple[str, str | None]:
    content = path.read_bytes()
    if content.startswith((_WORKBOOK, _OLD_WORKBOOK)):
        raise UnreadableFile(f"{path} is a workbook, not a CSV file. {REMEDY}")
    for mark, encoding in _MARKED.items():
        if content.startswith(mark):
            return _decode(path, content, encoding), None
    try:
        return content.decode(), None
    except UnicodeDecodeError:
        return _decode(path, content, WINDOWS), WINDOWS


def _decode(path: Path, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is neither UTF-8 nor {encoding}. {REMEDY}") from error


def _separator(text: str) -> str:
    """The one that the line of the columns holds most often."""
    header = text.partition("\n")[0]
    return max(SEPARATORS, key=header.count)


def _trimmed(reader: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    for row in reader:
        yield {name.strip(): (value or "").strip() for name, value in row.items() if isinstance(name, str)}
