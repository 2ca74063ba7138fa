"""Settings that are wrong are named in a sentence, with what to do; none is ignored, and no password is repeated."""

import pytest

from clearway_alerts.settings import AlertsSettings
from clearway_platform.cli.configuration import Misconfigured, read_own_settings, read_settings
from clearway_platform.service import installed_services


def read_everything() -> None:
    read_settings()
    read_own_settings(installed_services().values())


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("CLEARWAY_DATADIR", "x", "Did you mean CLEARWAY_DATA_DIR?"),
        ("CLEARWAY_LOGLEVEL", "INFO", "Did you mean CLEARWAY_LOG_LEVEL?"),
        ("CLEARWAY_INCIDENT_DATABASE_URL", "x", "Did you mean CLEARWAY_INCIDENTS_DATABASE_URL?"),
        (
            "CLEARWAY_XYZZY",
            "1",
            "CLEARWAY_XYZZY is not a setting of the installed services (alerts, analytics, dashboard, incidents).",
        ),
        ("CLEARWAY_PORT", "99999", "CLEARWAY_PORT is '99999', but should be less than or equal to 65535"),
        ("CLEARWAY_PORT", "http", "CLEARWAY_PORT is 'http'"),
        ("CLEARWAY_LOG_LEVEL", "LOUD", "is one of CRITICAL"),
        ("CLEARWAY_LOG_FORMAT", "xml", "CLEARWAY_LOG_FORMAT is 'xml'"),
        ("CLEARWAY_WEBHOOK_ALLOWED_SUBNETS", "10.0.0.0/33", "holds subnets"),
        ("CLEARWAY_WEBHOOK_ALLOWED_SUBNETS", "[10", "is a list"),
        ("CLEARWAY_NEWS_HOURS", "-1", "CLEARWAY_NEWS_HOURS is '-1'"),
        ("CLEARWAY_BROKER_URL", "localhost:9092", "begins with kafka://"),
        ("CLEARWAY_KEYS_DATABASE_URL", "mysql://a:secret@b/c", "use sqlite:// or postgresql://"),
        ("CLEARWAY_ALERTS_DATABASE_URL", "secret", "it is not a URL"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(Misconfigured) as failure:
        read_everything()
    assert said in str(failure.value)
    assert name in str(failure.value)
    assert "secret" not in str(failure.value)
    assert "pydantic" not in str(failure.value)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_DATADIR", "x")
    monkeypatch.setenv("CLEARWAY_POTR", "1")
    with pytest.raises(Misconfigured, match=r"CLEARWAY_DATADIR.*\n.*CLEARWAY_POTR"):
        read_settings()


def test_an_option_is_named_as_it_was_typed() -> None:
    with pytest.raises(Misconfigured, match="--port is '70000'"):
        read_settings(port=70000)


def test_what_kubernetes_sets_for_a_service_of_that_name_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "CLEARWAY_SERVICE_HOST",
        "CLEARWAY_SERVICE_PORT_HTTP",
        "CLEARWAY_PORT_8080_TCP_ADDR",
        "CLEARWAY_TEST_KAFKA",
    ):
        monkeypatch.setenv(name, "10.0.0.1")
    read_settings()


def test_what_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_BROKER_URL", "")
    monkeypatch.setenv("CLEARWAY_PORT", "")
    assert (read_settings().broker_url, read_settings().port) == (None, 8080)


@pytest.mark.parametrize("text", ["10.1.0.0/16, 10.2.0.0/16", '["10.1.0.0/16", "10.2.0.0/16"]'])
def test_subnets_stand_in_a_list_or_between_commas(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_WEBHOOK_ALLOWED_SUBNETS", text)
    read_settings()
    own = read_own_settings(installed_services().values())["alerts"]
    assert own == AlertsSettings(webhook_allowed_subnets=("10.1.0.0/16", "10.2.0.0/16"))
