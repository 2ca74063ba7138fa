"""The tests of this folder and their fixtures share the event loop that the browser lives on."""

from functools import partial

import pytest_asyncio

fixture = partial(pytest_asyncio.fixture, loop_scope="session")
