"""The contracts are installed by themselves: pydantic is all that comes with them, and every event can be read."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.server import Unavailable
from clearway_testing.tools import UV

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "shared/contracts"
PACKAGE = CONTRACTS / "src/clearway_contracts"
ALONE = {"clearway-contracts", "pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection"}

READER = """
import json, pkgutil, sys
from importlib import import_module
from importlib.metadata import distributions
from importlib.resources import files
import clearway_contracts
from readme import describe

examples = {path.name: json.loads(path.read_text()) for path in (files("clearway_contracts") / "examples").iterdir()
            if path.name.endswith(".json")}
for module in pkgutil.walk_packages(clearway_contracts.__path__, "clearway_contracts."):
    import_module(module.name)
print(json.dumps({
    "path": clearway_contracts.__file__,
    "installed": sorted(found.name.replace("_", "-") for found in distributions()),
    "said": {name: describe(example["headers"]["ce_partitionkey"].encode(), json.dumps(example["value"]).encode(),
                            [(header, value.encode()) for header, value in example["headers"].items()])
             for name, example in examples.items()},
    "refused": describe(b"key", b"{}", []),
    "skipped": describe(b"key", b"{}", [("ce_type", b"incident.sung_about")]),
}))
"""


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """What a command prints. It sees none of this environment's packages. Raises Unavailable."""
    clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=110, check=False, env=clean)
    if done.returncode:
        raise Unavailable(f"{Path(words[0]).name} failed: {done.stderr[-1000:]}")
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with what the lock of builders pins, away from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    builder = UV.parent / "python"
    run(UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", builder, "--out-dir", folder, CONTRACTS)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def reader(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel and what it declares, as the lock pins that."""
    folder = tmp_path_factory.mktemp("reader")
    pins, python = folder / "pins.txt", folder / "env/bin/python"
    compiling = ("pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--no-header", "--universal")
    sync = ("pip", "sync", "--quiet", "--require-hashes", "--python")
    with skipped_when_unavailable():
        run(UV, *compiling, "-c", ROOT / "requirements.lock", CONTRACTS / "pyproject.toml", "-o", pins)
        run(UV, "venv", "--quiet", "--python", sys.executable, folder / "env")
        run(UV, *sync, python, pins)
    assert set(pins.read_text().split()) <= set((ROOT / "requirements.lock").read_text().split())
    run(UV, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel)
    run(UV, "pip", "check", "--quiet", "--python", python)
    return python


@pytest.fixture(scope="module")
def found(reader: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the README's function says of every example, in a folder outside of the repository."""
    folder = tmp_path_factory.mktemp("outside")
    [example] = re.findall(r"```python\n(.*?)```", (CONTRACTS / "README.md").read_text(), re.S)
    (folder / "readme.py").write_text(example)
    (folder / "read_events.py").write_text(READER)
    answer: dict[str, Any] = json.loads(run(reader, folder / "read_events.py", folder=folder))
    return answer


def test_the_wheel_holds_what_others_read(wheel: Path) -> None:
    committed = [path.relative_to(CONTRACTS / "src").as_posix() for path in PACKAGE.rglob("*") if path.is_file()]
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {name for name in committed if "__pycache__" not in name}
    assert {"asyncapi.json", "py.typed"} <= {Path(name).name for name in wanted}
    assert {"schemas", "examples"} <= {Path(name).parent.name for name in wanted}
    assert wanted <= held
    assert {name.split("/")[0] for name in held - wanted} == {f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}


def test_pydantic_is_all_that_comes_with_it(found: dict[str, Any]) -> None:
    assert set(found["installed"]) == ALONE


def test_every_example_is_read_outside_of_the_repository(found: dict[str, Any]) -> None:
    assert not Path(found["path"]).is_relative_to(ROOT)
    assert set(found["said"]) == {path.name for path in (PACKAGE / "examples").glob("*.json")}
    assert all(said.startswith(name.split(".v")[0]) for name, said in found["said"].items())
    assert found["said"]["incident.hazard_changed.v1.cleared.json"] == "incident.hazard_changed: revision 6 is cleared"
    assert found["refused"].startswith("refused: ce_type: is missing")
    assert found["skipped"].startswith("skipped")
