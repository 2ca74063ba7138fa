"""The logic of the pages, by the tests that stand beside it in TypeScript."""

import subprocess

import pytest

from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.server import Unavailable
from clearway_testing.tools import PROJECT


@pytest.mark.timeout(300)
def test_the_logic_of_the_pages() -> None:
    dashboard = PROJECT / "services" / "dashboard"
    with skipped_when_unavailable():
        if not (dashboard / "web" / "node_modules").exists():
            raise Unavailable("the packages of the pages are not installed: make page")
    done = subprocess.run([dashboard / "npm", "test"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
