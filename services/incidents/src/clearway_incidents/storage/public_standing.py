"""What the next edition is computed from, as it is stored: numbers and ids, compressed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic_core import from_json, to_json

from clearway_incidents.domain.public.counting import Contribution, HazardKind
from clearway_incidents.domain.public.editions import Area, Standing
from clearway_incidents.domain.public.grid import AreaKey
from clearway_platform.database.states import NewerState

_VERSION: Final = 1
_LEVEL: Final = 3


def packed(standing: Standing) -> bytes:
    areas = [
        [[key.size, key.y, key.x, key.period, key.start], _members(area.counted), _members(area.differ)]
        for key, area in sorted(standing.areas.items())
    ]
    return zlib.compress(to_json({"v": _VERSION, "areas": areas, "waiting": _members(standing.waiting)}), _LEVEL)


def unpacked(content: bytes) -> Standing:
    """Raises NewerState for what a newer program wrote."""
    found = from_json(zlib.decompress(content))
    if found["v"] != _VERSION:
        raise NewerState("public areas", found["v"], _VERSION)
    areas = {
        AreaKey(*key): Area({one: now for one, now in _read(counted).items() if now is not None}, _read(differ))
        for key, counted, differ in found["areas"]
    }
    return Standing(areas, {one: now for one, now in _read(found["waiting"]).items() if now is not None})


def _members(members: Mapping[UUID, Contribution | None]) -> list[list[Any]]:
    return [[one.hex, *_numbers(now)] for one, now in sorted(members.items())]


def _numbers(now: Contribution | None) -> list[Any]:
    if now is None:
        return []
    return [now.x, now.y, now.size, now.first, now.last, now.kind.value, int(now.stands)]


def _read(members: list[list[Any]]) -> dict[UUID, Contribution | None]:
    return {UUID(hex=one): _contribution(*numbers) if numbers else None for one, *numbers in members}


def _contribution(x: int, y: int, size: int, first: int, last: int, kind: str, stands: int) -> Contribution:
    return Contribution(x, y, size, first, last, HazardKind(kind), bool(stands))
