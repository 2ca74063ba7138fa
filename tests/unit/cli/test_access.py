"""A key that is kept here goes to the process that made it, and to nobody else."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from clearway_platform.cli.client import find_access, same_address
from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.instance import ADDRESS_FILE, DEFAULT_URL, KEY_FILE, announced, running_in

OWN, DEMO = "cwk_own_key", "cwk_demo_key"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which both a platform and a demonstration ran once; the demonstration last."""
    for folder, key in ((tmp_path, OWN), (tmp_path / "demo", DEMO)):
        folder.mkdir(exist_ok=True)
        (folder / KEY_FILE).write_text(key + "\n")
    os.utime(tmp_path / KEY_FILE, (0, 0))
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    return tmp_path


def test_after_a_demonstration_the_platform_gets_its_own_key(data: Path, stack: ExitStack) -> None:
    stack.enter_context(announced(data, DEFAULT_URL))
    access = find_access(None, None, data=None, demo=False)
    assert (access.url, access.key) == (DEFAULT_URL, OWN)


def test_a_demonstration_alone_is_found(data: Path, stack: ExitStack) -> None:
    stack.enter_context(announced(data / "demo", DEFAULT_URL))
    for url in (None, DEFAULT_URL, "http://localhost:8080/"):
        assert find_access(url, None, data=None, demo=False).key == DEMO


def test_of_two_the_platform_is_meant_unless_the_demonstration_is_asked_for(data: Path, stack: ExitStack) -> None:
    stack.enter_context(announced(data, "http://127.0.0.1:9001"))
    stack.enter_context(announced(data / "demo", "http://127.0.0.1:9002"))
    assert find_access(None, None, data=None, demo=False).url == "http://127.0.0.1:9001"
    assert find_access(None, None, data=None, demo=True).key == DEMO
    assert find_access("http://127.0.0.1:9002", None, data=None, demo=False).key == DEMO


def test_another_folder_is_named_and_brings_its_address(tmp_path: Path, data: Path, stack: ExitStack) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / KEY_FILE).write_text("cwk_other_key")
    stack.enter_context(announced(other, "http://127.0.0.1:43211"))
    access = find_access(None, None, data=other, demo=False)
    assert (access.url, access.key) == ("http://127.0.0.1:43211", "cwk_other_key")


@pytest.mark.parametrize(
    "url",
    [
        "https://clearway.example.org",
        "http://127.0.0.1:9001",
        "http://127.0.0.2:8080",
        "https://127.0.0.1:8080",
        "http://localhost.example.org:8080",
        "http://127.0.0.1:8080@example.org:8080",
        "http://127.0.0.1:8080/proxy",
    ],
)
def test_no_key_that_is_kept_here_goes_elsewhere(url: str, data: Path, stack: ExitStack) -> None:
    stack.enter_context(announced(data, DEFAULT_URL))
    access = find_access(url, None, data=None, demo=False)
    assert access.key is None
    with pytest.raises(Misconfigured, match="--key"):
        _ = access.headers


def test_the_default_address_is_known_to_be_assumed(data: Path, stack: ExitStack) -> None:
    assert find_access(None, "cwk_given", data=None, demo=False).assumed
    assert find_access(None, None, data=None, demo=False).assumed
    assert not find_access(DEFAULT_URL, None, data=None, demo=False).assumed
    stack.enter_context(announced(data, "http://127.0.0.1:9001"))
    assert not find_access(None, None, data=None, demo=False).assumed


def test_a_process_that_is_gone_has_no_address_any_more(data: Path) -> None:
    (data / ADDRESS_FILE).write_text(DEFAULT_URL + "\n")
    assert running_in(data) is None
    assert find_access(DEFAULT_URL, None, data=None, demo=False).key is None
    with announced(data, DEFAULT_URL):
        assert running_in(data) is not None
    assert running_in(data) is None


def test_a_key_that_is_given_is_taken(data: Path) -> None:
    access = find_access("https://clearway.example.org", "cwk_given", data=None, demo=False)
    assert access.headers == {"Authorization": "Bearer cwk_given"}


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://x", "http://", "http://a:99999", "nonsense"])
def test_an_address_that_is_none_is_said(url: str) -> None:
    with pytest.raises(Misconfigured, match="is not an address"):
        find_access(url, None, data=None, demo=False)


def test_a_key_with_a_line_break_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Misconfigured, match="invalid characters"):
        find_access(None, "cwk_a\nb", data=None, demo=False)


def test_the_name_localhost_is_this_machine() -> None:
    assert same_address("http://localhost:8080", "http://[::1]:8080")
    assert not same_address("http://127.0.0.1:8080", "http://[::1]:8080")
    assert same_address("http://example.org", "http://example.org:80")
