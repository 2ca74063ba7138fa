"""JSON read and written without holding the event loop longer than it must."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any

from pydantic_core import from_json, to_json

from clearway_platform.heavy import of_each


def json_value(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError, which says in which line and column.

    Garbage is not collected meanwhile: a text of 1 MB may make 250,000 lists, none of which is garbage yet, and to look
    through them again and again takes twice as long as to make them.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return from_json(text)
    finally:
        if collecting:
            gc.enable()


async def json_array(items: Iterable[Any]) -> bytes:
    """The items as a JSON array, written in parts between which the event loop goes on."""
    return b"[" + b",".join(await of_each(to_json, items)) + b"]"
