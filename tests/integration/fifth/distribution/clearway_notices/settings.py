"""The settings of the notices service."""

from pydantic import Field

from clearway_platform.settings import ServiceSettings


class NoticesSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`."""

    notice_heading: str = Field(default="Notices", max_length=40)
