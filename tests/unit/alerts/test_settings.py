"""The settings of the alerts service."""

import pytest
from pydantic import ValidationError

from clearway_alerts.settings import AlertsSettings


@pytest.mark.parametrize("server", ["10.1.0.53", "10.1.0.53:5353", "fd00::53", "[fd00::53]", "[fd00::53]:5353"])
def test_a_name_server_is_an_address_with_its_port_or_without(server: str) -> None:
    assert AlertsSettings(webhook_name_servers=(server,)).webhook_name_servers == (server,)


@pytest.mark.parametrize("server", ["dns.example", "10.1.0.53:domain", "10.1.0.300", "[10.1.0.53", "", "10.1.0.0/16"])
def test_what_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(ValidationError, match="holds addresses"):
        AlertsSettings(webhook_name_servers=(server,))
