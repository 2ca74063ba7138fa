"""Lists in a terminal. No value is shortened, and programs can ask for JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.cells import cell_len

Row = Mapping[str, Any]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

_GAP: Final = "  "
_NOTHING: Final = "-"


def print_one(row: Row, *, as_json: bool) -> None:
    """Print one thing: a line for each name and its value."""
    if as_json:
        typer.echo(_as_json(row))
    else:
        typer.echo("\n".join(_blocks([{name: cell(value) for name, value in row.items()}])))


def print_list(rows: Sequence[Row], *, as_json: bool, empty: str) -> None:
    """Print rows of equal keys in columns, or as blocks on a terminal that is too narrow for the columns.

    Without rows `empty` is printed to standard error.
    """
    if as_json:
        typer.echo(_as_json(rows))
    elif not rows:
        typer.echo(empty, err=True)
    else:
        typer.echo("\n".join(_laid_out([{name: cell(value) for name, value in row.items()} for row in rows])))


def cell(value: object) -> str:
    """A value as readable text on one line, without control characters."""
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value) or _NOTHING
    return printable(str(value))


def printable(text: str) -> str:
    """The text on one line, without control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def terminal_width() -> int | None:
    """The width of standard output; None when it is not a terminal, and lines may have any length."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _laid_out(rows: Sequence[Mapping[str, str]]) -> list[str]:
    names = list(rows[0])
    widths = {name: max(cell_len(name), *(cell_len(row[name]) for row in rows)) for name in names}
    width = terminal_width()
    if width is not None and sum(widths.values()) + len(_GAP) * (len(names) - 1) > width:
        return _blocks(rows)
    header = {name: name.upper().replace("_", " ") for name in names}
    return [_GAP.join(_padded(row[name], widths[name]) for name in names).rstrip() for row in (header, *rows)]


def _blocks(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Each row as lines of name and value, with an empty line between two rows."""
    widest = max(map(cell_len, rows[0]))
    lines: list[str] = []
    for row in rows:
        lines += ["", *(f"{_padded(name.replace('_', ' '), widest)}{_GAP}{value}" for name, value in row.items())]
    return lines[1:]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _as_json(value: Row | Sequence[Row]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    """A value that JSON does not have: a time as RFC 3339, any other as text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.value if isinstance(value, StrEnum) else str(value)
