"""The lines of a nine-line text: joined from its messages, and cut where a line says its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clearway_incidents.exchange.nine_line.plain import plain
from clearway_incidents.exchange.nine_line.spoken import DIGITS

LINES: Final = range(1, 10)

_SPOKEN: Final = {word: int(digit) for word, digit in DIGITS.items() if digit != "0"}
_NUMBER: Final = rf"(?:[1-9](?![0-9])|(?:{'|'.join(_SPOKEN)})\b)"
_BEGINS: Final = r"(?P<begins>^[ \t(\[*#-]{0,8}|[;|][ \t]{0,8})"
_MARK: Final = re.compile(
    # As in "LINE 4:", "Ligne quatre -", "LIGNE N° 4".
    rf"(?:{_BEGINS}|(?<![^\W\d_]))(?:LINE|LIGNE)\s{{0,3}}(?:N[O°]\.?\s{{0,3}}|NUMBER\s{{1,3}}|NUMERO\s{{1,3}})?"
    rf"(?P<named>{_NUMBER})(?P<mark>\s{{0,3}}(?:[:.)=/-]{{1,4}}|IS\b))?"
    # As in "L4 ..." where a line of text begins, "L4:" anywhere.
    r"|(?:^[ \t]{0,8}LN?\s?(?P<short>[1-9])(?![0-9A-Z])|\bLN?\s?(?P<shorter>[1-9])(?=\s{0,3}[:=)]))\s{0,3}[:.)=/-]{0,4}"
    # As in "4.", "4)", "(4)", "4 -" where a line of text begins: "2 vehicles" is no line.
    r"|^[ \t(\[*#]{0,8}(?P<bare>[1-9])\s{0,3}(?:[:.)\]=]{1,4}(?![0-9])|-(?![0-9])(?=\s))"
    # As in "1) ... 2) ..." in one row.
    r"|(?<=\s)(?P<inline>[1-9])[.)](?=\s)",
    re.MULTILINE,
)
# "See line 7" begins no line.
_REFERS: Final = re.compile(r"\b(?:SEE|AS|IN|OF|FROM|PER|REF|VOIR|CF|COMME|LA|EN)[\s.]{1,3}$")
_LONGEST_REFERENCE: Final = 12
# "1/3", "(1/3)", "MSG 1 OF 3", "message 1 sur 3:" before the text of a message.
_PART: Final = re.compile(
    r"\s{0,3}[(\[]?\s{0,3}(?:(?:MSG|SMS|MESSAGE|PART|PARTIE)\.?\s{0,3})?"
    r"(?P<part>[0-9]{1,2})\s{0,3}(?:/|OF|SUR|DE)\s{0,3}(?P<of>[0-9]{1,2})"
    r"(?![0-9/])\s{0,3}[)\]]?\s{0,3}[:.-]?\s{0,3}"
)
_AROUND: Final = " \t\r\n;,|"


@dataclass(frozen=True, slots=True)
class Cut:
    """The text of each line that is there, by its number, and what stands before the first one."""

    lines: dict[int, str]
    before: str


def join(messages: Sequence[str]) -> str:
    """One text of the messages, in the order that they say themselves if each of them says one."""
    parts = [(_PART.match(plain(message)), message) for message in messages]
    numbered = [(mark, message) for mark, message in parts if mark is not None and _is_part(mark, len(messages))]
    if len(messages) < 2 or len(numbered) < len(messages):
        return "\n".join(messages)
    numbered.sort(key=lambda part: int(part[0]["part"]))
    return "\n".join(message[mark.end() :] for mark, message in numbered)


def cut(text: str) -> Cut:
    """Cut where a line says its number. Without any number, nine lines of text are the nine, in order."""
    marks = _lines_of(list(_MARK.finditer(plain(text))))
    if not marks:
        rows = [row.strip() for row in text.splitlines() if row.strip()]
        if len(rows) == len(LINES):
            return Cut(dict(zip(LINES, rows, strict=True)), "")
        return Cut({}, text.strip())
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    found: dict[int, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        number, said = _number(mark), text[mark.end() : end].strip(_AROUND)
        # Said again, it is a correction or the rest of the line: both are kept.
        found[number] = f"{found[number]}\n{said}" if number in found else said
    return Cut(found, text[: marks[0].start()].strip())


def _is_part(mark: re.Match[str], messages: int) -> bool:
    return 1 <= int(mark["part"]) <= int(mark["of"]) and int(mark["of"]) >= messages


def _lines_of(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without numbers that name no line of this report: "as in line 2", or a list with its own numbers in a line."""
    kept: list[re.Match[str]] = []
    highest = 0
    is_one_row = sum(mark["bare"] is not None for mark in marks) == 1
    for mark in marks:
        goes_on = _number(mark) > highest
        is_heading = mark["named"] is not None and (mark["begins"] is not None or bool((mark["mark"] or "").strip()))
        if mark["inline"]:
            is_line = is_one_row and _number(mark) == highest + 1 and bool(kept) and kept[0]["bare"] is not None
        elif mark["named"] and mark["begins"] is None and _refers(mark):
            is_line = False
        else:
            is_line = bool(goes_on or is_heading or mark["short"] or mark["shorter"])
        if is_line:
            kept.append(mark)
            highest = max(highest, _number(mark))
    return kept


def _refers(mark: re.Match[str]) -> bool:
    before = mark.string[max(0, mark.start() - _LONGEST_REFERENCE) : mark.start()]
    return _REFERS.search(before) is not None


def _number(mark: re.Match[str]) -> int:
    said = mark["named"] or mark["short"] or mark["shorter"] or mark["bare"] or mark["inline"]
    return _SPOKEN[said] if said in _SPOKEN else int(said)
