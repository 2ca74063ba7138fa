"""The settings of the alerts service."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator

from clearway_platform.settings import ServiceSettings, Several

# An address, with its port or without.
_NAME_SERVER: Final = re.compile(r"\[(?P<v6>[^]]+)\](?::\d{1,5})?|(?P<v4>[^:]+):\d{1,5}")


class AlertsSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`."""

    news_hours: int = Field(default=72, ge=0, description="How long an incident of no present danger is still news.")
    renewal_hours: int = Field(
        default=168, ge=2, description="How long an alert of a standing hazard is valid; it is renewed before."
    )
    route_renewal_hours: int = Field(default=24, ge=2, description="The same, where it lies on the subscriber's route.")
    key_subscriptions: int = Field(default=1_000, ge=0, description="Subscriptions of one key; 0: no limit.")
    mission_subscriptions: int = Field(default=5_000, ge=0, description="Subscriptions of one mission; 0: no limit.")
    host_attempts_per_minute: int = Field(
        default=6_000, ge=0, description="Messages of one mission to the webhooks of one host; 0: no limit."
    )
    webhook_allowed_subnets: Several = Field(
        default=(), description="Subnets that webhooks may reach although they are private; plain http allowed there."
    )
    webhook_name_servers: Several = Field(
        default=(), description="Name servers that are asked for the hosts of webhooks; by default the system's."
    )
    webhook_timeout_seconds: float = Field(default=15.0, gt=0)
    webhook_proxy: SecretStr | None = Field(
        default=None, description="The proxy through which webhooks leave: http(s)://[user:password@]host:port."
    )
    secrets_key: SecretStr | None = Field(
        default=None, description="The keys that seal the secrets of webhooks, the one that seals first."
    )
    secrets_key_file: Path | None = Field(default=None, description="The same as a file, one key on a line.")

    @field_validator("webhook_allowed_subnets")
    @classmethod
    def _are_subnets(cls, subnets: tuple[str, ...]) -> tuple[str, ...]:
        for subnet in subnets:
            try:
                ip_network(subnet)
            except ValueError as error:
                raise ValueError(f'holds subnets, as ["10.1.0.0/16"]: {error}') from error
        return subnets

    @field_validator("webhook_name_servers")
    @classmethod
    def _are_name_servers(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for server in servers:
            try:
                address = _NAME_SERVER.fullmatch(server)
                ip_address(address["v6"] or address["v4"] if address else server)
            except ValueError as error:
                raise ValueError(f'holds addresses, as ["10.1.0.53", "[fd00::53]:53"]: {error}') from error
        return servers
