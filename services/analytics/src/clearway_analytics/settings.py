"""The settings of the analytics service."""

from pydantic import Field

from clearway_platform.settings import ServiceSettings


class AnalyticsSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`."""

    risk_change_factor: float = Field(
        default=1.25, gt=1, description="A risk that rises or falls by this factor is published."
    )
