"""A stranger's client is made of the joined document, is sound Python, and reports an incident to a running server."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from clearway_platform.auth.principals import Role
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.tools import openapi_generator, python_tools

from .mission import Mission, made

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests/contract/openapi"
JOINED = ROOT / "shared/contracts/src/clearway_contracts/openapi.json"
DOCUMENTS = [JOINED, *sorted(ROOT.glob("services/*/openapi.json"))]
# Lines and photos it knows as bytes alone.
AS_BYTES = "{application/x-ndjson: application/octet-stream, image/jpeg: application/octet-stream}"
SCRIPTS = ("call_python_client.py", "call_generator.py")


def name_of(document: Path) -> str:
    return "joined" if document == JOINED else document.parent.name


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.fixture(scope="module")
def python() -> Path:
    """The programs of an environment apart from ours, as a stranger has it."""
    with skipped_when_unavailable():
        return python_tools(HERE / "requirements.lock")


@pytest.fixture(scope="module")
def jar() -> Path:
    with skipped_when_unavailable():
        return openapi_generator()


def python_client(python: Path, document: Path, folder: Path) -> str:
    """What openapi-python-client has to complain of. It writes the package `clearway_client`."""
    command: list[str | Path] = [
        "generate",
        "--path",
        document,
        "--output-path",
        folder / "clearway_client",
        "--meta",
        "none",
    ]
    config = folder / "config.yaml"
    config.write_text(f"post_hooks: []\ncontent_type_overrides: {AS_BYTES}\n")
    done = run(python / "openapi-python-client", *command, "--config", config, "--fail-on-warning", folder=folder)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def generated(jar: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which openapi-generator has written a package for each document, in one run: its start is slow."""
    folder = tmp_path_factory.mktemp("generated")
    quick = dict.fromkeys(("apiDocs", "modelDocs", "apiTests", "modelTests"), "false")
    configurations = []
    for document in DOCUMENTS:
        wanted = {"generatorName": "python", "inputSpec": str(document), "outputDir": str(folder / name_of(document))}
        wanted["ignoreFileOverride"] = str(HERE / "openapi-generator-ignore")
        configurations.append(folder / f"{name_of(document)}.json")
        configurations[-1].write_text(json.dumps(wanted | {"globalProperties": quick}))
    command: list[str | Path] = [
        "java",
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-jar",
        jar,
        "batch",
        "--fail-fast",
        "--threads",
        "1",
    ]
    done = run(*command, *configurations, folder=folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_clients_are_made_without_complaint(document: Path, python: Path, generated: Path, tmp_path: Path) -> None:
    assert python_client(python, document, tmp_path) == ""
    assert (generated / name_of(document) / "openapi_client" / "api_client.py").is_file()


@pytest.mark.timeout(400)
def test_the_clients_are_sound_and_report_an_incident(
    python: Path, generated: Path, tmp_path: Path, north: Mission
) -> None:
    assert python_client(python, JOINED, tmp_path) == ""
    shutil.copytree(generated / name_of(JOINED) / "openapi_client", tmp_path / "openapi_client")

    for script in SCRIPTS:
        shutil.copy(HERE / script, tmp_path)
    packages = ("clearway_client", "openapi_client")
    checked = run(python / "mypy", "--cache-dir", ".mypy", *packages, *SCRIPTS, folder=tmp_path)
    assert checked.returncode == 0, checked.stdout

    for script in SCRIPTS:
        key = north.tokens[Role.ADMIN]
        done = run(python / "python", script, north.platform.url, key, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        with north.client() as client:
            assert made(client.get(f"/v1/incidents/{done.stdout}"))["hazard_state"] == "active"
