"""Golden examples of stored state: what any earlier version stored is readable for ever.

A service lists its states in storage/states.py, and keeps their examples as `<name>.v<version>.<what>.json`.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from clearway_alerts.storage.states import STATES as ALERTS
from clearway_incidents.storage.states import STATES as INCIDENTS
from clearway_platform.database.states import FIRST, StateVersions, version_of

STATES: Mapping[str, Sequence[StateVersions[Any]]] = {"clearway_alerts": ALERTS, "clearway_incidents": INCIDENTS}
FOLDERS = {package: Path(str(files(package) / "storage" / "examples")) for package in STATES}
EXAMPLES = [(package, path) for package, folder in FOLDERS.items() for path in sorted(folder.glob("*.json"))]


def state_of(package: str, path: Path) -> tuple[StateVersions[Any], Any]:
    [state] = [state for state in STATES[package] if state.name == path.name.split(".")[0]]
    return state, json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("package", "path"), EXAMPLES, ids=[f"{package}/{path.stem}" for package, path in EXAMPLES])
def test_is_read_in_the_newest_shape(package: str, path: Path) -> None:
    state, stored = state_of(package, path)

    value = state.read(stored)

    assert path.name.startswith(f"{state.name}.v{version_of(stored)}.")
    assert state.shape(stored) == state.shape(state.write(value))
    assert state.read(state.write(value)) == value


@pytest.mark.parametrize("package", STATES)
def test_every_version_of_every_state_has_an_example(package: str) -> None:
    shown = {path.name.rsplit(".", 2)[0] for path in FOLDERS[package].glob("*.json")}
    versions = {f"{state.name}.v{n}" for state in STATES[package] for n in range(FIRST, state.newest + 1)}

    assert shown == versions


@pytest.mark.parametrize("package", STATES)
def test_examples_are_only_ever_added(package: str) -> None:
    lines = (FOLDERS[package] / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    recorded = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}

    assert recorded == {path.name: sha256(path.read_bytes()).hexdigest() for path in FOLDERS[package].glob("*.json")}
