"""What a process logs of an error: where it was, and nothing of what was sent."""

import subprocess
import sys

import pytest

# A process of its own: logs are configured once for each.
PROGRAM = """
import sys
import structlog
from clearway_platform.settings import Settings
from clearway_platform.telemetry import configure_logs

configure_logs(Settings(log_format=sys.argv[1]))

def handle(body):
    raise ValueError("it failed")

try:
    handle("the report of " + "a witness")
except ValueError:
    structlog.get_logger().exception("request_failed")
"""


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_error_is_logged_without_the_values_of_variables(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=True)
    assert "request_failed" in done.stderr
    assert "ValueError: it failed" in done.stderr
    assert "in handle" in done.stderr
    assert "the report of a witness" not in done.stderr
