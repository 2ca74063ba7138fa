"""Every list of the members of the workspace is whole; where one lacks a member, both are named."""

import shutil
from pathlib import Path

import pytest

from clearway_testing.workspace import members, missing


def test_no_list_lacks_a_member() -> None:
    assert missing() == []


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """The files that the check reads, and a service that none of them names."""
    for name in ("pyproject.toml", "README.md", "docs/zensical.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    for member in members(root):
        for name in ("pyproject.toml", "README.md", "requirements.lock", f"src/{member.package}/py.typed"):
            file = tmp_path / member.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f'project.name = "{member.name}"' if name == "pyproject.toml" else "")
    (tmp_path / "services/planted").mkdir()
    (tmp_path / "services/planted/pyproject.toml").write_text('project.name = "clearway-planted"')
    return tmp_path


def test_a_new_service_is_told_of_every_place_that_must_name_it(tree: Path) -> None:
    assert missing(tree) == [
        "pyproject.toml: add clearway-planted = { workspace = true } to [tool.uv.sources].",
        'pyproject.toml: add "services/planted/src" to mypy_path of [tool.mypy].',
        'pyproject.toml: add "clearway_planted" to root_packages of [tool.importlinter].',
        'pyproject.toml: add "clearway_planted" to ancestors of the contract `no-cycles`.',
        'pyproject.toml: add "clearway_planted" to the layers of the contract `distributions`.',
        'pyproject.toml: add a contract of type layers with the container "clearway_planted" to [tool.importlinter].',
        'pyproject.toml: add "clearway_planted" to source_pkgs of [tool.coverage.run].',
        'pyproject.toml: add "clearway-planted" to dependencies of [project].',
        "README.md: add a line that begins with services/planted/ to `Where things are`.",
        "services/planted/src/clearway_planted/py.typed: make this empty file, so that mypy reads its types.",
        "services/planted/README.md: write the page of the service.",
        'docs/zensical.toml: add "services/planted.md" to the services in `nav`.',
        "services/planted/requirements.lock: run `make lock`.",
    ]


def test_a_list_that_loses_a_member_is_said(tree: Path) -> None:
    configured = tree / "pyproject.toml"
    configured.write_text(configured.read_text().replace('    "clearway_alerts",\n', "", 1))
    assert 'pyproject.toml: add "clearway_alerts" to source_pkgs of [tool.coverage.run].' in missing(tree)
