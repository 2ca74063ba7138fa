"""The logic of the pages, by the tests that stand beside it in TypeScript."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT

from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.server import Unavailable
from clearway_testing.tools import PROJECT


async def test_the_logic_of_the_pages() -> None:
    dashboard = PROJECT / "services" / "dashboard"
    with skipped_when_unavailable():
        if not (dashboard / "web" / "node_modules").exists():
            raise Unavailable("the packages of the pages are not installed: make page")
    running = await asyncio.create_subprocess_exec(dashboard / "npm", "test", stdout=PIPE, stderr=STDOUT)
    said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()
