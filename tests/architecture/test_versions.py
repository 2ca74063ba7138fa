"""One version for all distributions, a page of changes for each release, and the commits of the releases."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from clearway_testing.workspace import members

DISTRIBUTIONS = tuple(member.name for member in members())


def releases(root: Path) -> dict[str, str]:
    """The commit of each released version, the oldest first."""
    listed = tomllib.loads((root / "releases.toml").read_text())["release"]
    return {one["version"]: one["commit"] for one in listed}


def the_version(root: Path) -> str:
    written: str = tomllib.loads((root / "shared/contracts/pyproject.toml").read_text())["project"]["version"]
    return written


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_has_the_one_version(root: Path, distribution: str) -> None:
    assert version(distribution) == the_version(root)


def test_the_version_is_written_in_one_place(root: Path, tracked: list[Path]) -> None:
    projects = [path for path in tracked if path.name == "pyproject.toml" and path.parts[0] in ("shared", "services")]
    assert len(projects) == len(DISTRIBUTIONS)
    written = [str(path) for path in projects if "version" in tomllib.loads((root / path).read_text())["project"]]
    assert written == ["shared/contracts/pyproject.toml"]


def test_the_version_comes_after_the_last_release(root: Path) -> None:
    """On the commit of a release itself it is that release's, which is listed by the commit after it."""
    known = [Version(one) for one in releases(root)]
    assert known == sorted(set(known))
    assert Version(the_version(root)) > known[-1]


def test_every_release_names_a_whole_commit(root: Path) -> None:
    assert all(re.fullmatch(r"[0-9a-f]{40}", commit) for commit in releases(root).values())


def test_the_changelog_tells_of_every_release(root: Path) -> None:
    headings = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$", (root / "CHANGELOG.md").read_text(), re.M)
    assert headings[0] == ("Unreleased", "")
    # On the commit of a release, its own heading is there already.
    told = [name for name, _ in headings[1:] if name != the_version(root)]
    assert told == list(reversed(releases(root)))
    assert all(day for _, day in headings[1:])
