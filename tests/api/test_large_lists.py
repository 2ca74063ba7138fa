"""Lists of what has long lines end their pages by size, and lead through the whole list."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from clearway_platform.clock import new_id

from .mission import Mission, made, route, subscription

POSITIONS = 4_000
COUNT = 5
# Twice what a page has, for the names and figures that stand beside the lines.
MOST_BYTES = 1_000_000


def line(offset: float) -> dict[str, Any]:
    positions = [[-4 + turn * 1e-4, 17 + offset + turn % 2 * 1e-4] for turn in range(POSITIONS)]
    return {"type": "LineString", "coordinates": positions}


def subscribe(client: httpx.Client, mark: str, number: int) -> str:
    area = {"type": "corridor", "line": line(number), "width_m": 100}
    body = subscription(mark, filter={"area": area}, channel={"type": "stream"})
    return str(made(client.post("/v1/subscriptions", json=body))["subscription_id"])


def register(client: httpx.Client, mark: str, number: int) -> str:
    return str(made(client.put(f"/v1/routes/{new_id()}", json=route(mark, line=line(number))))["route_id"])


@pytest.mark.parametrize(
    ("path", "name", "make"),
    [("/v1/subscriptions", "subscription_id", subscribe), ("/v1/routes", "route_id", register)],
)
def test_a_list_of_long_lines_comes_in_pages_of_bytes(
    path: str, name: str, make: Callable[[httpx.Client, str, int], str], north: Mission
) -> None:
    with north.client() as client:
        expected = {make(client, north.mark, number) for number in range(COUNT)}
        found: list[str] = []
        pages, query = 0, {"limit": "500"}
        while True:
            answer = client.get(path, params=query)
            body = made(answer)
            assert len(answer.content) < MOST_BYTES
            found += [item[name] for item in body["items"]]
            pages += 1
            if body.get("next") is None:
                break
            query["cursor"] = body["next"]
        assert expected <= set(found)
        assert len(found) == len(set(found))
        assert pages > 1
