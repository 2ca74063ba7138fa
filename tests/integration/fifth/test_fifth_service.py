"""A service that the platform does not know is served when it is installed: no line is changed elsewhere."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_testing.platforms import THIS_PROGRAM, ServerProcess

DISTRIBUTION: Final = Path(__file__).parent / "distribution"
SECONDS: Final = 60


def install(folder: Path, **replaced: str) -> dict[str, str]:
    """Install the distribution in a folder, as an installer does, and return the environment that finds it there.

    `replaced` are words of its code that are written otherwise.
    """
    project = tomllib.loads((DISTRIBUTION / "pyproject.toml").read_text())["project"]
    shutil.copytree(DISTRIBUTION / "clearway_notices", folder / "clearway_notices")
    main = folder / "clearway_notices" / "main.py"
    for old, new in replaced.items():
        main.write_text(main.read_text().replace(old, new))
    record = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in found.items()) for group, found in groups
    ]
    (record / "entry_points.txt").write_text("\n".join(lines))
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


def command(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*THIS_PROGRAM, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("fifth")
    data = {"CLEARWAY_DATA_DIR": str(folder / "data"), "CLEARWAY_NOTICE_HEADING": "The board of the mission"}
    return install(folder / "installed") | data


@pytest.fixture(scope="module")
def server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """`clearway up`, with the fifth service installed beside the three."""
    process = ServerProcess("all", ("up", "--demo"), environment, tmp_path_factory.mktemp("log") / "up.log")
    with asyncio.Runner() as runner:
        runner.run(process.start())
        yield process
        runner.run(process.stop())


def key(environment: Mapping[str, str], role: Role) -> dict[str, str]:
    made = command(
        environment, "keys", "create", "--mission", "demonstration", "--role", role, "--data", demo(environment)
    )
    assert made.returncode == 0, made.stderr
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def demo(environment: Mapping[str, str]) -> str:
    return str(Path(environment["CLEARWAY_DATA_DIR"]) / "demo")


def get(server: ServerProcess, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.get(server.address + path, headers=headers, timeout=SECONDS, trust_env=False)


def test_its_page_is_served_and_takes_the_place_of_no_other(server: ServerProcess) -> None:
    for path in ("/board", "/board/north"):
        assert "<h1>The board of the mission</h1>" in get(server, path).text
    assert get(server, "/healthz").json()["status"] == "alive"
    for path in ("/v1/nothing", "/openapi/nothing.json"):
        assert get(server, path).headers["content-type"] == "application/problem+json"
    for path in ("/", "/boards", "/docs", "/problems"):
        assert "The board" not in get(server, path).text


def test_its_permission_is_enforced_and_listed(server: ServerProcess, environment: dict[str, str]) -> None:
    reporter, operator = key(environment, Role.REPORTER), key(environment, Role.OPERATOR)
    refused = httpx.post(f"{server.address}/v1/notices", json={"text": "x"}, headers=reporter, trust_env=False)
    assert refused.status_code == 403
    assert "notices:post" in refused.json()["detail"]
    posted = httpx.post(f"{server.address}/v1/notices", json={"text": "Bridge shut"}, headers=operator, trust_env=False)
    assert posted.status_code == 201
    assert {"text": "Bridge shut"} in get(server, "/v1/notices", reporter).json()
    assert get(server, "/v1/incidents", reporter).status_code == 200
    said = " ".join(command(environment, "keys", "create", "--help").stdout.split())
    assert "post notices" in said


def test_its_demonstration_plays_beside_that_of_the_others(server: ServerProcess, environment: dict[str, str]) -> None:
    reader = key(environment, Role.ANALYST)
    assert {"text": "Synthetic: a notice"} in get(server, "/v1/notices", reader).json()
    assert get(server, "/v1/routes", reader).json()["items"]


def test_its_document_is_served(server: ServerProcess) -> None:
    document = get(server, "/openapi/notices.json").json()
    assert set(document["paths"]) == {"/v1/notices", "/v1/notice-events"}
    assert "post notices" in document["components"]["securitySchemes"]["api_key"]["description"]
    assert "Location" not in document["components"]["headers"], "linters refuse what nothing refers to"
    assert "database notices" not in get(server, "/readyz").text


def test_its_command_and_its_stream_work(server: ServerProcess, environment: dict[str, str]) -> None:
    token = key(environment, Role.ADMIN)["Authorization"].split()[1]
    to = ("--url", server.address, "--key", token)
    assert "Synthetic: a notice" in command(environment, "notices", "show", *to).stdout
    tail = subprocess.Popen(
        [*THIS_PROGRAM, "tail", *to, "--only", "notices"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert tail.stdout is not None
        printed = [tail.stdout.readline(), tail.stdout.readline()]
        assert "notice.posted  Synthetic: a notice" in "".join(printed)
    finally:
        tail.kill()
        tail.communicate()


def test_a_service_without_a_database_is_passed_over_by_migrations(environment: dict[str, str], tmp_path: Path) -> None:
    done = command(environment, "migrate", "--data", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert "notices" not in done.stdout
    assert not (tmp_path / "data" / "notices.db").exists()


def test_its_settings_are_checked(environment: dict[str, str]) -> None:
    wrong = command(environment | {"CLEARWAY_NOTICE_HEADING": "x" * 41}, "up", "--port", "0")
    assert wrong.returncode == 2
    assert "CLEARWAY_NOTICE_HEADING is" in wrong.stderr
    misspelt = command(environment | {"CLEARWAY_NOTICE_HEDING": "x"}, "keys", "list")
    assert "Did you mean CLEARWAY_NOTICE_HEADING?" in misspelt.stderr


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("/v1/incidents", "Services `incidents` and `notices` both mount /v1/incidents."),
        ("/", "Services `dashboard` and `notices` both mount /."),
        ("/docs", "mounts /docs, which the platform answers"),
        ("notices/", "a mount is a path"),
    ],
)
def test_two_services_cannot_answer_one_path(mount: str, said: str, tmp_path: Path) -> None:
    environment = install(tmp_path / "installed", **{'"/v1/notices", "/v1/notice-events")': f'"{mount}")'})
    done = command(environment, "up", "--port", "0", "--data", str(tmp_path / "data"))
    assert done.returncode == 2
    assert said in done.stderr
