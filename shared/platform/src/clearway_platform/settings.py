"""Configuration: environment variables `CLEARWAY_…`, with the embedded default for all that is not set."""

import json
import logging
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",")]
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError('is a list, as ["first", "second"]') from error


# Several values: a JSON list, or with commas between them.
Several = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]

# As a browser sends it: no path, no slash at the end. "*" is any page, and must stand alone in its element.
_ORIGIN: Final = re.compile(r"^(?:\*|[a-z][a-z0-9+.-]*://[^/\s?#@,*]+)$")


def _is_web_address(value: str) -> str:
    """Raises ValueError for what is no http(s) address: a host and a port alone are read as a scheme and a path."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("give an address with its scheme, as in http://collector:4318")
    return value


class Settings(BaseSettings):
    """Every setting of a process. Built by the entry point, never at import."""

    model_config = SettingsConfigDict(env_prefix="CLEARWAY_", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Field(default=Path("data"), description="Where the embedded default keeps its files.")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    log_level: str = "INFO"
    log_format: str = Field(default="json", pattern="^(json|console)$")

    broker_url: str | None = Field(default=None, description="kafka://host:port[,host:port]; unset: the embedded log.")
    incidents_database_url: str | None = None
    alerts_database_url: str | None = None
    analytics_database_url: str | None = None
    keys_database_url: str | None = Field(default=None, description="The directory of API keys, read by every service.")

    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    idempotency_hours: int = Field(default=72, ge=1)
    feed_retention_days: int = Field(default=30, ge=1)
    relay_poll_seconds: float = Field(default=0.5, gt=0)
    handler_attempts: int = Field(default=5, ge=1, description="Tries before a message goes to the dead letters.")

    stream_ping_seconds: float = Field(default=15.0, gt=0, description="A stream says so often that it is there.")
    stream_rotate_seconds: float = Field(default=600.0, gt=0, description="A stream ends after about this time.")
    cors_origins: Several = Field(
        default=(), description="Origins of pages that may call the API from a browser, as https://host[:port]."
    )

    news_hours: int = Field(default=72, ge=0, description="How long an incident of no present danger is still news.")
    webhook_allowed_subnets: Several = Field(
        default=(), description="Subnets that webhooks may reach although they are private; plain http allowed there."
    )
    webhook_timeout_seconds: float = Field(default=15.0, gt=0)
    risk_change_factor: float = Field(default=1.25, gt=1, description="A risk that moves by this factor is announced.")

    otlp_endpoint: Annotated[str, AfterValidator(_is_web_address)] | None = Field(
        default=None, description="The OTLP collector that takes traces over HTTP; unset: they are only passed on."
    )

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        levels = [name for name in logging.getLevelNamesMapping() if name != "NOTSET"]
        if value.upper() not in levels:
            raise ValueError(f"is one of {', '.join(levels)}")
        return value.upper()

    @field_validator("webhook_allowed_subnets")
    @classmethod
    def _are_subnets(cls, subnets: tuple[str, ...]) -> tuple[str, ...]:
        for subnet in subnets:
            try:
                ip_network(subnet)
            except ValueError as error:
                raise ValueError(f'holds subnets, as ["10.1.0.0/16"]: {error}') from error
        return subnets

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [origin for origin in origins if not _ORIGIN.match(origin)]
        if wrong:
            raise ValueError(
                f"{wrong[0]!r} is no origin: write scheme, host and port alone, as https://map.example.org"
            )
        return origins

    def database_url(self, service: str) -> str:
        """The database of a service, or of the key directory (`keys`)."""
        configured: str | None = getattr(self, f"{service}_database_url")
        return configured or f"sqlite:///{self.data_dir / f'{service}.db'}"
