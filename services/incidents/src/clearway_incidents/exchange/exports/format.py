"""What a format is to the API: its type in `Accept`, and how a page of incidents is written in it.

A new format is a module beside this one, and one entry in the list of `wiring.py`. Nothing else knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json


@dataclass(frozen=True, slots=True)
class Format:
    """`write` gets the incidents of a page as their reader may see them, and the cursor of the following page."""

    media_type: str
    write: Callable[[Sequence[Mapping[str, Any]], str | None], bytes]


def _json(incidents: Sequence[Mapping[str, Any]], following: str | None) -> bytes:
    return to_json({"items": incidents, "next": following})


JSON_PAGES: Final = Format("application/json", _json)
