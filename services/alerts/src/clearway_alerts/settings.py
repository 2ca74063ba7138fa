"""The settings of the alerts service."""

from ipaddress import ip_network

from pydantic import Field, field_validator

from clearway_platform.settings import ServiceSettings, Several


class AlertsSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`."""

    news_hours: int = Field(default=72, ge=0, description="How long an incident of no present danger is still news.")
    renewal_hours: int = Field(
        default=168, ge=2, description="How long an alert of a standing hazard is valid; it is renewed before."
    )
    route_renewal_hours: int = Field(default=24, ge=2, description="The same, where it lies on the subscriber's route.")
    webhook_allowed_subnets: Several = Field(
        default=(), description="Subnets that webhooks may reach although they are private; plain http allowed there."
    )
    webhook_timeout_seconds: float = Field(default=15.0, gt=0)

    @field_validator("webhook_allowed_subnets")
    @classmethod
    def _are_subnets(cls, subnets: tuple[str, ...]) -> tuple[str, ...]:
        for subnet in subnets:
            try:
                ip_network(subnet)
            except ValueError as error:
                raise ValueError(f'holds subnets, as ["10.1.0.0/16"]: {error}') from error
        return subnets
