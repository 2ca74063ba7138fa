"""What may import what. The contracts are in pyproject.toml; here they run, and are seen to fail."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = (
    "shared/contracts/src",
    "shared/platform/src",
    "shared/testing/src",
    "shared/demo/src",
    "services/incidents/src",
    "services/alerts/src",
    "services/analytics/src",
)
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "types", "misc", "shared"}


def lint_imports(directory: Path, *search: Path) -> subprocess.CompletedProcess[str]:
    command = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    path = ":".join(str(entry) for entry in search)
    return subprocess.run(
        [sys.executable, "-c", command, "--config", str(directory / "pyproject.toml"), "--no-logo", "--no-cache"],
        cwd=directory,
        env={"PYTHONPATH": path, "PATH": "", "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_are_kept(root: Path) -> None:
    result = lint_imports(root)
    assert result.returncode == 0, result.stdout + result.stderr


def imports_of(tree: ast.Module) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}


def test_nobody_imports_a_folder_of_the_repository(root: Path, tracked: list[Path]) -> None:
    """`import shared` would succeed from the root by accident, and fail in an image."""
    folders = {"shared", "services", "tests"}
    modules = [path for path in tracked if path.suffix == ".py"]
    offenders = [
        f"{path}: {name}"
        for path in modules
        for name in imports_of(ast.parse((root / path).read_text()))
        if name.split(".")[0] in folders
    ]
    assert offenders == []


def test_names_say_what_is_inside(product: list[Path]) -> None:
    vague = [str(path) for path in product if VAGUE_NAMES & {part.removesuffix(".py") for part in module_path(path)}]
    assert vague == []


def module_path(path: Path) -> tuple[str, ...]:
    """The parts of a module's name, without the folders that hold the package."""
    return path.parts[path.parts.index("src") + 1 :]


PLANTED = {
    "a service that reads another": ("clearway_incidents", "import clearway_alerts\n", "No service knows another"),
    "a platform that knows a service": ("clearway_platform", "import clearway_alerts\n", "No service knows another"),
    "a contract that needs a database": ("clearway_contracts", "import sqlalchemy\n", "The contracts are data"),
    "a domain with a framework": ("clearway_alerts/domain", "import fastapi\n", "The domain knows no framework"),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_contract_that_is_broken_is_seen(root: Path, tmp_path: Path, planted: tuple[str, str, str]) -> None:
    package, statement, contract = planted
    sources = [copy(root / source, tmp_path / source) for source in SOURCES]
    (tmp_path / "pyproject.toml").write_text((root / "pyproject.toml").read_text())
    home = next(source for source in sources if (source / package).is_dir())
    (home / package / "planted.py").write_text(statement)
    result = lint_imports(tmp_path, *sources)
    assert result.returncode == 1, result.stderr
    assert f"{contract}" in result.stdout
    assert "planted" in result.stdout


def copy(source: Path, target: Path) -> Path:
    """A copy of the Python modules alone."""
    for file in source.rglob("*.py"):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.read_text())
    return target
