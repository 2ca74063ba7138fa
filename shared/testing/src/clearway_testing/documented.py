"""The commands in a document: the blocks of code under its headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code: its language as it is marked, and its text."""

    language: str
    text: str


def blocks(document: Path, heading: str) -> list[Block]:
    """The blocks of code of the section under `heading` (without its #s), in order.

    Raises LookupError when the document has no such heading.
    """
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,6}} |\Z)", _without_comments(document), re.M | re.S)
    if found is None:
        raise LookupError(f"{document.name} has no section {heading!r}")
    return [Block(language, text.replace("\0", "#")) for language, text in _BLOCK.findall(found[2])]


def _without_comments(document: Path) -> str:
    """The text, with the # that begin a line of code replaced, so that only headings begin with one."""
    return _BLOCK.sub(lambda block: block[0].replace("\n#", "\n\0"), document.read_text(encoding="utf-8"))
