"""What may import what. The contracts are in pyproject.toml; `test_import_contracts.py` sees each of them fail."""

import ast
import tomllib
from pathlib import Path

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "types", "misc", "shared"}


def test_every_distribution_is_under_the_contracts(root: Path, product: list[Path]) -> None:
    configured = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]

    assert set(configured["root_packages"]) == {module_path(path)[0] for path in product}
    assert not configured.get("exclude_type_checking_imports", False)


def test_no_folder_is_unseen(product: list[Path]) -> None:
    """import-linter passes over a folder without `__init__.py`; Python imports it all the same."""
    packages = {path.parent for path in product if path.name == "__init__.py"}
    unseen = {path.parent for path in product if "migrations" not in path.parts} - packages

    assert unseen == set()


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
