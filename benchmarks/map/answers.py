"""What the server takes for the map: the boxes that a person pans and zooms through, and each of them once more."""

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp

from benchmarks.latency import Spread
from benchmarks.map.theatre import MISSION, largest_town
from benchmarks.platforms import Platform
from clearway_platform.auth.principals import Role

# A map in a window of 1280 x 800, whose tiles have 512 pixels.
WIDTH_PX: Final = 740
HEIGHT_PX: Final = 520
ZOOMS: Final = {"theatre": 6, "district": 9, "town": 12, "street": 15}
BOXES: Final = 40
STANDING: Final = ("active", "suspected", "marked", "unknown")


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for at a zoom, as the holder of a role."""

    name: str
    zoom: int
    role: Role = Role.ADMIN
    narrowing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Asked:
    """The answers of one platform about one view."""

    milliseconds: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    unchanged: int = 0
    incidents: int = 0
    features: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """The figures of one view: `answers` are new boxes, `again` the same with their ETag. `incidents` and `features`
    are those of the fullest box, `most_bytes` is that of the largest compressed answer."""

    view: str
    zoom: int
    answers: Spread
    again: Spread
    floor: Spread
    incidents: int
    features: int
    most_bytes: int
    floor_bytes: int
    unchanged_share: float


def views() -> list[View]:
    """As a person goes nearer; then the widest once more as others ask for it."""
    now = datetime.now(UTC)
    standing = {"hazard_state": STANDING, "to": (now - timedelta(days=7)).isoformat()}
    wide = ZOOMS["theatre"]
    return [
        *(View(name, zoom) for name, zoom in ZOOMS.items()),
        View("theatre, hazards that stand", wide, narrowing=standing),
        View("theatre, by a key with a ceiling", wide, Role.SUBSCRIBER),
        View("theatre, as of two years ago", wide, narrowing={"as_of": (now - timedelta(days=730)).isoformat()}),
    ]


async def ask(many: Platform, empty: Platform) -> list[Answers]:
    """Each box of both in turn, so that a slow moment of the machine affects both."""
    found = []
    for view in views():
        async with AsyncExitStack() as stack:
            sessions = [await stack.enter_async_context(await _session(one, view.role)) for one in (many, empty)]
            asked = (_Asked(), _Asked())
            for box in boxes(view.zoom):
                for session, answers in zip(sessions, asked, strict=True):
                    await _ask_twice(session, {**view.narrowing, "bbox": box, "zoom": view.zoom}, answers)
        found.append(_figures(view, *asked))
    return found


async def _session(platform: Platform, role: Role) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {await platform.create_key(MISSION, role)}", "Accept-Encoding": "gzip"}
    return aiohttp.ClientSession(platform.addresses["incidents"], headers=headers)


async def _ask_twice(session: aiohttp.ClientSession, query: Mapping[str, Any], asked: _Asked) -> None:
    begun = time.perf_counter()
    async with session.get("/v1/incident-map", params=query) as answer:
        answer.raise_for_status()
        body = await answer.read()
        asked.milliseconds.append((time.perf_counter() - begun) * 1000)
        asked.sizes.append(answer.content_length or len(body))
        drawn = await answer.json()
        tag = answer.headers["ETag"]
    if drawn["total"] >= asked.incidents:
        asked.incidents, asked.features = drawn["total"], len(drawn["features"])
    begun = time.perf_counter()
    async with session.get("/v1/incident-map", params=query, headers={"If-None-Match": tag}) as answer:
        await answer.read()
        asked.unchanged += answer.status == 304
    asked.again.append((time.perf_counter() - begun) * 1000)


def _figures(view: View, many: _Asked, empty: _Asked) -> Answers:
    return Answers(
        view=view.name,
        zoom=view.zoom,
        answers=Spread.of_many(many.milliseconds),
        again=Spread.of_many(many.again),
        floor=Spread.of_many(empty.milliseconds),
        incidents=many.incidents,
        features=many.features,
        most_bytes=max(many.sizes),
        floor_bytes=max(empty.sizes),
        unchanged_share=many.unchanged / len(many.again),
    )


def box_at(place: Sequence[float], zoom: int) -> str:
    """The box that the map shows around a place."""
    x, y = place
    degree = 512 * 2**zoom / 360
    width, height = WIDTH_PX / degree / 2, HEIGHT_PX / degree / 2
    return ",".join(f"{side:.4f}" for side in (x - width, y - height, x + width, y + height))


def boxes(zoom: int) -> list[str]:
    """Around the largest town, each a part of the window away from the last one."""
    chance, degree = random.Random(zoom), 512 * 2**zoom / 360
    found = []
    for _ in range(BOXES):
        shifts = (chance.uniform(-0.3, 0.3) * pixels / degree for pixels in (WIDTH_PX, HEIGHT_PX))
        found.append(box_at([here + shift for here, shift in zip(largest_town(), shifts, strict=True)], zoom))
    return found
