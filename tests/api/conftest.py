"""The platform that the tests of the API call, and two missions that use it."""

from collections.abc import Iterator

import httpx
import pytest

from .mission import Mission, found_mission, settle
from .served import Served, served


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The services on the embedded default, for the tests of one file."""
    with served(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture
def anyone(platform: Served) -> Iterator[httpx.Client]:
    """A caller without a key."""
    with httpx.Client(base_url=platform.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def north(platform: Served) -> Mission:
    """A mission with something of every kind on record."""
    mission = found_mission(platform, "unnorth")
    settle(mission)
    return mission


@pytest.fixture(scope="module")
def south(platform: Served, north: Mission) -> Mission:
    """Another mission in the same place, on record after the first."""
    mission = found_mission(platform, "unsouth")
    settle(mission)
    return mission
