"""A secret is a file: of the folder that CLEARWAY_SECRETS_DIR names, under the name of its setting."""

from pathlib import Path

import pytest

from clearway_alerts.settings import AlertsSettings
from clearway_platform.cli.configuration import Misconfigured, read_own_settings, read_settings
from clearway_platform.service import installed_services

URL = "postgresql://alerts:secret@db/alerts"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEARWAY_SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_each_file_is_the_setting_of_its_name(folder: Path) -> None:
    (folder / "CLEARWAY_BROKER_URL").write_text("kafka://broker:9093?security_protocol=SSL\n")
    (folder / "CLEARWAY_ALERTS_DATABASE_URL").write_text(f"{URL}\n")
    (folder / "CLEARWAY_NEWS_HOURS").write_text("5\n")
    (folder / "ca.crt").write_text("of another program")
    settings = read_settings()
    assert settings.broker_url == "kafka://broker:9093?security_protocol=SSL"
    assert settings.database_url("alerts") == URL
    assert settings.database_url("keys").startswith("sqlite:")
    own = read_own_settings(installed_services().values())["alerts"]
    assert isinstance(own, AlertsSettings)
    assert own.news_hours == 5


def test_a_file_wins_over_a_variable_and_an_option_over_both(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"CLEARWAY_PORT": "1", "CLEARWAY_LOG_LEVEL": "ERROR", "CLEARWAY_KEYS_DATABASE_URL": "x"}.items():
        monkeypatch.setenv(name, text)
    (folder / "CLEARWAY_PORT").write_text("2")
    (folder / "CLEARWAY_KEYS_DATABASE_URL").write_text(URL)
    settings = read_settings()
    assert (settings.port, settings.log_level, settings.database_url("keys")) == (2, "ERROR", URL)
    assert read_settings(port=3).port == 3


def test_a_folder_as_kubernetes_projects_it(folder: Path) -> None:
    """Each name is a link into a folder that is replaced as a whole."""
    (folder / "..2026_11").mkdir()
    (folder / "..data").symlink_to("..2026_11")
    (folder / "..2026_11" / "CLEARWAY_ALERTS_DATABASE_URL").write_text(URL)
    (folder / "..2026_11" / "CLEARWAY_NEWS_HOURS").write_text("6")
    for name in ("CLEARWAY_ALERTS_DATABASE_URL", "CLEARWAY_NEWS_HOURS"):
        (folder / name).symlink_to(f"..data/{name}")
    assert read_settings().database_url("alerts") == URL
    assert AlertsSettings().news_hours == 6


def test_a_name_that_is_no_setting_is_refused(folder: Path) -> None:
    (folder / "CLEARWAY_BROKER_ULR").write_text("kafka://broker:9092")
    with pytest.raises(Misconfigured, match=r"Did you mean CLEARWAY_BROKER_URL\?"):
        read_settings()


def test_what_a_wrong_file_holds_is_not_shown(folder: Path) -> None:
    (folder / "CLEARWAY_PORT").write_text("secret")
    with pytest.raises(Misconfigured, match="The file CLEARWAY_PORT of CLEARWAY_SECRETS_DIR cannot be used") as refused:
        read_settings()
    assert "'secret'" not in str(refused.value)


def test_a_folder_that_is_not_there_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_SECRETS_DIR", str(folder / "nothing"))
    with pytest.raises(Misconfigured, match="CLEARWAY_SECRETS_DIR"):
        read_settings()


def test_a_file_that_this_user_may_not_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "CLEARWAY_ALERTS_DATABASE_URL"
    file.write_text(URL)

    def refuse(path: Path, **_: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(Misconfigured, match=f"{file} cannot be read: Permission denied"):
        read_settings()
