"""What CONTRIBUTING says of `make stack`, typed line by line: a first report on real Kafka and PostgreSQL."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearway_testing.platforms import free_port

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = 5

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(400)]


def blocks() -> tuple[str, str]:
    """What is typed into the first terminal and into the second."""
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("## Run the services by hand")[2].partition("\n## ")[0]
    first, second = re.findall(r"```sh\n(.*?)```", section, re.S)
    return first, second


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a terminal has: none of the settings, and nothing is kept in the checkout's own data folder."""
    # What `make test` was given would be handed on to `make stack`.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CLEARWAY_", "MAKE", "MFLAGS"))}
    own.pop("ARGS", None)
    return own | {"CLEARWAY_DATA_DIR": str(tmp_path)}


@pytest.fixture
def settings(environment: dict[str, str]) -> Iterator[str]:
    """The lines that `make stack` prints; it runs until the end of the test."""
    for program in ("make", "java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"`make stack` needs {program}")
    stack = subprocess.Popen(
        ["bash", "-c", blocks()[0]],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert stack.stdout is not None
    printed: list[str] = []
    for line in stack.stdout:
        if line.startswith("export "):
            printed.append(line)
        if len(printed) == SETTINGS:
            break
    yield "".join(printed)
    os.killpg(stack.pid, signal.SIGINT)
    stack.wait(60)
    stack.stdout.close()


def test_a_first_report_is_accepted_by_typing_what_the_readme_says(settings: str, environment: dict[str, str]) -> None:
    typed = blocks()[1]
    assert settings.count("export CLEARWAY_") == SETTINGS
    # The ports may be taken where tests run: the lines are the page's but for these.
    for port in ("8081", "8082", "8083"):
        typed = typed.replace(port, str(free_port()))
    ports = re.findall(r"--port (\d+)", typed)
    typed = typed.replace("808[1-3]", "{" + ",".join(ports) + "}")
    script = f"set -euo pipefail\ntrap 'kill $(jobs -p); wait' EXIT\n{settings}{typed}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count('"ready"') + done.stdout.count('"degraded"') == 3, done.stdout
    assert '"revision":1' in done.stdout.replace(" ", "")
    assert "Traceback" not in done.stderr, done.stderr[-6000:]
