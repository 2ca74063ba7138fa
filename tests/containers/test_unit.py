"""The unit of systemd, on a Debian server with systemd as its first process, installed as the operator's guide says."""

import json
import re
from collections.abc import Callable, Iterator

import pytest

from clearway_testing.compose import copy_of_repository
from clearway_testing.engine import STANDINS, Engine
from clearway_testing.readme import commands_of
from clearway_testing.server import await_ready

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

IMAGE = "clearway-test-systemd"
# Where 0 is closed and 10 is open; systemd calls up to 2 "OK". The network alone, which it needs, counts 1.
MOST_EXPOSED = 2.0
# What systemd needs to sandbox a unit: mounts, and system calls that an engine forbids by default.
ALLOWED = ("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined")
PLACES = ("--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--tmpfs", "/sys/fs/cgroup")
FETCH = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8080/{}', timeout=5).read().decode())"

Shell = Callable[[str], str]


@pytest.fixture(scope="module")
def server(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell of root on a server on which the guide's lines were typed, in a copy of the repository."""
    folder = copy_of_repository(tmp_path_factory.mktemp("source"), engine)
    engine.docker("build", "--quiet", "--tag", IMAGE, "--file", str(STANDINS / "systemd.Dockerfile"), str(STANDINS))
    container = engine.docker("run", "--detach", *ALLOWED, *PLACES, IMAGE).strip()

    def shell(line: str) -> str:
        return engine.docker("exec", "--workdir", "/source", container, "bash", "-c", line, seconds=600)

    def is_up() -> bool:
        # "degraded" when a unit failed that does not matter here.
        return shell("systemctl is-system-running || true").strip() in ("running", "degraded")

    try:
        engine.docker("exec", container, "mkdir", "/source")
        engine.docker("cp", f"{folder}/.", f"{container}:/source")
        await_ready(is_up, seconds=60, every=0.3)
        for line in commands_of(folder / "docs/guide/operator.md", "systemctl"):
            shell(line)
        await_ready(lambda: answers(shell), seconds=90, every=0.3)
        yield shell
    finally:
        engine.docker("rm", "--force", "--volumes", container)


def answers(shell: Shell) -> bool:
    state = shell("systemctl is-active clearway || true").strip()
    assert state in ("active", "activating"), shell("journalctl --no-pager --lines 60 --unit clearway")
    try:
        return bool(json.loads(shell(f'python3 -c "{FETCH.format("readyz")}"'))["status"] == "ready")
    except AssertionError:
        return False


def test_systemd_finds_nothing_wrong_with_the_unit(server: Shell) -> None:
    assert server("systemd-analyze verify /etc/systemd/system/clearway.service 2>&1 | grep clearway || true") == ""


def test_the_unit_is_closed_to_what_it_does_not_need(server: Shell) -> None:
    report = server("systemd-analyze security --no-pager clearway.service")
    exposure = re.search(r"Overall exposure level for clearway.service: ([\d.]+)", report)
    assert exposure is not None
    assert float(exposure[1]) <= MOST_EXPOSED, report


def test_the_service_serves_and_its_files_are_its_own(server: Shell) -> None:
    assert server("stat --format %U /proc/$(systemctl show --property MainPID --value clearway)").strip() == "clearway"
    assert server("stat --format '%a %U' /var/lib/clearway").split() == ["700", "clearway"]
    files = server("stat --format '%a %U' /var/lib/clearway/*").splitlines()
    assert set(files) <= {"600 clearway", "700 clearway"}
    assert "process_resident_memory_bytes" in server(f'python3 -c "{FETCH.format("metrics")}"')


def test_a_killed_process_is_started_again(server: Shell) -> None:
    before = server("systemctl show --property MainPID --value clearway")
    server("systemctl kill --signal KILL clearway")
    await_ready(
        lambda: server("systemctl show --property MainPID --value clearway") not in (before, "0\n"),
        seconds=30,
        every=0.3,
    )
    await_ready(lambda: answers(server), seconds=60, every=0.3)


def test_it_ends_in_good_order_when_it_is_asked_to(server: Shell) -> None:
    server("systemctl restart clearway")
    await_ready(lambda: answers(server), seconds=60, every=0.3)
    server("systemctl stop clearway")
    assert server("systemctl show --property Result --value clearway").strip() == "success"
