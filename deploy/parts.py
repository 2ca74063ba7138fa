"""The parts of files that are written from the table, in files that are written by hand otherwise."""

from __future__ import annotations

import re
from typing import Final

BEGIN: Final = "# From deploy/topology.toml, by `make contracts`:"
END: Final = "# Until here."
_PART: Final = re.compile(rf"(?P<begin>^ *{re.escape(BEGIN)}\n).*?(?P<end>^ *{re.escape(END)}\n)", re.M | re.S)


def with_parts(text: str, *parts: str) -> str:
    """The text with the lines between its marks replaced, part by part. Raises ValueError unless it has as many."""
    found = len(_PART.findall(text))
    if found != len(parts):
        raise ValueError(f"{found} parts are marked by {BEGIN!r} and {END!r}; there must be {len(parts)}")
    written = iter(parts)
    return _PART.sub(lambda part: f"{part['begin']}{next(written)}{part['end']}", text)
