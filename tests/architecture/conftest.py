"""The repository as these tests read it."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file under version control that exists, from the root of the repository."""
    # The checkout may belong to another user than the one who tests.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def product(tracked: list[Path]) -> list[Path]:
    """The Python modules that are installed: neither tests nor benchmarks."""
    return [path for path in tracked if path.suffix == ".py" and "src" in path.parts]


@pytest.fixture(scope="session")
def manifests() -> dict[str, list[dict[str, Any]]]:
    """The Kubernetes resources by the name of their file."""
    files = sorted((ROOT / "deploy/k8s/base").glob("*.yaml"))
    return {file.name: list(yaml.safe_load_all(file.read_text())) for file in files}


@pytest.fixture(scope="session")
def resources(manifests: dict[str, list[dict[str, Any]]]) -> Callable[[str], dict[str, dict[str, Any]]]:
    """The resources of a kind, by their name."""

    def of_kind(kind: str) -> dict[str, dict[str, Any]]:
        every = (resource for documents in manifests.values() for resource in documents)
        return {resource["metadata"]["name"]: resource for resource in every if resource["kind"] == kind}

    return of_kind


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document
