"""What Clearway keeps is read by its own user alone, also when it was made by a version that left it open."""

import stat
from pathlib import Path

import pytest

from clearway_platform.process.data_folder import OpenToOthers, close_to_others

FILES = ("incidents.db", "incidents.db-wal", "incidents.db-shm", "log.db", "log.lock", "admin.key")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    made.chmod(0o755)
    for name in FILES:
        (made / name).touch()
        (made / name).chmod(0o644)
    return made


def test_a_new_folder_is_closed(tmp_path: Path) -> None:
    assert close_to_others(tmp_path / "data") is None
    assert mode(tmp_path / "data") == 0o700


def test_what_is_open_is_closed_and_named_once(folder: Path) -> None:
    said = close_to_others(folder)
    assert said is not None
    assert said.startswith(f"Other users of this machine could read {folder}, {folder / 'incidents.db'}, ")
    assert said.endswith(" and 4 more. Clearway has removed their access.")
    assert {mode(folder / name) for name in FILES} == {0o600}
    assert mode(folder) == 0o700
    assert close_to_others(folder) is None


def test_a_folder_with_files_of_others_stays_readable_and_is_not_writable(folder: Path) -> None:
    (folder / "notes.txt").touch()
    (folder / "notes.txt").chmod(0o644)
    folder.chmod(0o777)
    assert close_to_others(folder) is not None
    assert (mode(folder), mode(folder / "notes.txt"), mode(folder / "log.db")) == (0o755, 0o644, 0o600)


def test_a_folder_that_everyone_writes_to_is_refused(folder: Path) -> None:
    """Such as /tmp, which is not ours to close."""
    (folder / "notes.txt").touch()
    folder.chmod(0o1777)
    with pytest.raises(OpenToOthers) as refused:
        close_to_others(folder)
    assert "CLEARWAY_DATA_DIR" in str(refused.value)
    assert mode(folder) == 0o1777


def test_what_belongs_to_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(OpenToOthers, match="may not change that"):
        close_to_others(folder)
