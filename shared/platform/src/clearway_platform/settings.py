"""Settings: environment variables `CLEARWAY_…`, or files of these names for what is secret; without them a process uses
the embedded log and SQLite."""

import json
import logging
import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)


class UnusableSetting(Exception):
    """A setting that can be read cannot be used. The text says what is wrong and what to do, and repeats no secret."""


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",")]
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError('is a list, as ["first", "second"]') from error


PREFIX: Final = "CLEARWAY_"
SECRETS_DIR: Final = f"{PREFIX}SECRETS_DIR"
_DATABASE_URL: Final = re.compile(rf"^{PREFIX}([A-Z][A-Z0-9_]*)_DATABASE_URL$")

# A list of values: as JSON, or separated by commas.
Several = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]

# Those of `auth.principals.Role`, which stands on the settings.
RoleWord = Literal["reporter", "verifier", "analyst", "subscriber", "operator", "admin"]

# The signatures of tokens that are accepted at all.
SIGNATURES: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")

# The host of an issuer, and its port: it becomes a part of the page's Content-Security-Policy.
_NETLOC: Final = re.compile(r"^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$")

# An origin as a browser sends it: no path, no slash at the end. "*" is every origin.
_ORIGIN: Final = re.compile(r"^(?:\*|[a-z][a-z0-9+.-]*://[^/\s?#@,*]+)$")


def _is_web_address(value: str) -> str:
    """Raises ValueError unless it is an http(s) address: a host and a port alone parse as a scheme and a path."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("give an address with its scheme, as in http://collector:4318")
    return value


def secrets_folder() -> Path | None:
    """The folder of CLEARWAY_SECRETS_DIR, in which each file is a setting and has the name of its variable."""
    named = os.environ.get(SECRETS_DIR)
    return Path(named) if named else None


def variables_given() -> set[str]:
    """The names that are set: in the environment, or as a file of the folder of secrets."""
    folder = secrets_folder()
    files = () if folder is None or not folder.is_dir() else folder.iterdir()
    return {*os.environ, *(file.name for file in files if file.is_file())}


def is_a_file(name: str) -> bool:
    """Whether the setting of this name is a file of the folder of secrets."""
    folder = secrets_folder()
    return folder is not None and (folder / name).is_file()


def _database_urls() -> dict[str, str]:
    """The databases that are set, by the part of the variable that is the service's name."""
    found = {name: _DATABASE_URL.match(name) for name in variables_given()}
    urls = {match[1].lower(): _value(name) for name, match in found.items() if match}
    return {name: url for name, url in urls.items() if url}


def _value(name: str) -> str:
    folder = secrets_folder()
    if folder is not None and is_a_file(name):
        return (folder / name).read_text(encoding="utf-8").strip()
    return os.environ[name]


class _Given(BaseSettings):
    """What is read from the environment. A file of the folder of secrets wins: what is secret and what is not may be
    given by two hands, and the one with the password is meant."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        folder = secrets_folder()
        if folder is None or not folder.is_dir():
            return init_settings, env_settings
        return init_settings, SecretsSettingsSource(settings_cls, folder, case_sensitive=False), env_settings


class ServiceSettings(_Given):
    """Base of a service's own settings, given like those of the process."""


class Settings(_Given):
    """The settings of a process, whatever its services. Created by the entry point, never at import."""

    secrets_dir: Path | None = Field(
        default=None, description="A folder in which each file is a setting, and has the name of its variable."
    )
    data_dir: Path = Field(default=Path("data"), description="The folder of the embedded log and the SQLite files.")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    log_level: str = "INFO"
    log_format: str = Field(default="json", pattern="^(json|console)$")

    broker_url: str | None = Field(default=None, description="kafka://host:port[,host:port]; unset: the embedded log.")
    database_urls: dict[str, str] = Field(
        default_factory=_database_urls,
        description="CLEARWAY_<NAME>_DATABASE_URL of each service with a database, and of `keys`, the API keys.",
    )

    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    idempotency_hours: int = Field(default=72, ge=1)
    feed_retention_days: int = Field(default=30, ge=1)
    relay_poll_seconds: float = Field(default=0.5, gt=0)

    key_requests_per_minute: int = Field(default=6_000, ge=0, description="Requests of one key; 0: no limit.")
    mission_requests_per_minute: int = Field(default=30_000, ge=0, description="Requests of one mission; 0: no limit.")
    key_writes_per_minute: int = Field(default=3_000, ge=0, description="Changes by one key; 0: no limit.")
    mission_writes_per_minute: int = Field(default=12_000, ge=0, description="Changes by one mission; 0: no limit.")
    failed_authentications_per_minute: int = Field(
        default=60, ge=0, description="Requests without a valid key from one address; 0: no limit."
    )
    public_requests_per_minute: int = Field(
        default=600, ge=0, description="Requests from one address for what missions publish; 0: no limit."
    )
    key_streams: int = Field(default=200, ge=0, description="Open streams of one key; 0: no limit.")
    mission_streams: int = Field(default=1_000, ge=0, description="Open streams of one mission; 0: no limit.")
    mission_stored_bytes: int = Field(
        default=50 * 1024**3, ge=0, description="What one mission may put on record in one service; 0: no limit."
    )
    trusted_proxies: Several = Field(
        default=(), description="Addresses and subnets of proxies whose X-Forwarded-For names the client."
    )
    handler_attempts: int = Field(default=5, ge=1, description="Attempts before a message becomes a dead letter.")

    stream_ping_seconds: float = Field(
        default=15.0, gt=0, description="A stream without events sends a comment this often."
    )
    stream_rotate_seconds: float = Field(default=600.0, gt=0, description="A stream ends after about this time.")
    cors_origins: Several = Field(
        default=(), description="Origins of pages that may call the API from a browser, as https://host[:port]."
    )

    audit_checkpoint_minutes: float = Field(
        default=10.0, gt=0, description="The chains of the audit get a signed checkpoint this often."
    )
    audit_checkpoint_places: Several = Field(
        default=(),
        description="Where checkpoints are written: files, stdout, s3://bucket/prefix?endpoint=…&region=…, https://… "
        "By default a file in the data folder, on Kafka stdout.",
    )
    audit_signing_key_file: Path | None = Field(
        default=None, description="The file of the key that signs checkpoints; by default one in the data folder."
    )
    audit_signing_key: SecretStr | None = Field(
        default=None, description="The key itself, as PEM, where no file is named."
    )

    mission_zone: str = Field(
        default="UTC", description="The time zone in which pages show times, as an IANA name; UTC stands beside it."
    )

    oidc_issuer: str | None = Field(
        default=None,
        description="The issuer of OpenID Connect at which people sign in, as its tokens name it; unset: keys alone.",
    )
    oidc_audience: str = Field(
        default="clearway", min_length=1, description="What the tokens' `aud` must name: this Clearway."
    )
    oidc_algorithms: Several = Field(
        default=("RS256", "PS256", "ES256", "EdDSA"), description="The algorithms of signatures that are accepted."
    )
    oidc_role_claim: str = Field(
        default="realm_access.roles", min_length=1, description="The claim with the roles; dots lead into objects."
    )
    oidc_mission_claim: str = Field(
        default="clearway_mission", min_length=1, description="The claim with the one mission."
    )
    oidc_person_claim: str = Field(
        default="sub",
        min_length=1,
        description="The claim by which people are told apart, as `--person` of their keys.",
    )
    oidc_tlp_claim: str = Field(default="clearway_tlp", min_length=1, description="The claim with the highest TLP.")
    oidc_classification_claim: str = Field(
        default="clearway_classification", min_length=1, description="The claim with the highest classification."
    )
    oidc_organisation_claim: str = Field(
        default="clearway_organisation", min_length=1, description="The claim with the person's organisation."
    )
    oidc_roles: dict[str, RoleWord] = Field(
        default_factory=dict,
        description="The role for each word of the claim of roles, as JSON; unset: the words are the roles' own.",
    )

    otlp_endpoint: Annotated[str, AfterValidator(_is_web_address)] | None = Field(
        default=None, description="The OTLP collector that takes traces over HTTP; unset: spans are not exported."
    )

    otlp_headers: str | None = Field(
        default=None, repr=False, description="Headers of the collector's requests, such as a token: name=value,name=…"
    )

    @field_validator("secrets_dir")
    @classmethod
    def _is_a_folder(cls, folder: Path | None) -> Path | None:
        if folder is not None and not os.access(folder, os.R_OK | os.X_OK):
            raise ValueError("there is no such folder, or this user may not read it")
        return folder

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        levels = [name for name in logging.getLevelNamesMapping() if name != "NOTSET"]
        if value.upper() not in levels:
            raise ValueError(f"is one of {', '.join(levels)}")
        return value.upper()

    @field_validator("mission_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"{name!r} is no time zone that this machine knows: write an IANA name, as Africa/Bamako; where that "
                "is unknown too, install the package tzdata"
            ) from error
        return name

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(_is_web_address(value))
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("an issuer is reached by https://: whoever answers for it decides who may sign in")
        if parts.query or parts.fragment or not _NETLOC.match(parts.netloc):
            raise ValueError("an issuer is a scheme, a host and a path: write it as its tokens have it in `iss`")
        return value

    @field_validator("oidc_algorithms")
    @classmethod
    def _are_algorithms(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """With a shared secret whoever can check a token can make one: only those with a public key are accepted."""
        if strange := [name for name in names if name not in SIGNATURES]:
            raise ValueError(f"{strange[0]!r} is not accepted: name some of {', '.join(SIGNATURES)}")
        return names

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError(f'holds addresses and subnets, as ["10.1.0.0/16"]: {error}') from error
        return networks

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [origin for origin in origins if not _ORIGIN.match(origin)]
        if wrong:
            raise ValueError(
                f"{wrong[0]!r} is not an origin: write scheme, host and port only, as https://map.example.org"
            )
        return origins

    def database_url(self, service: str) -> str:
        """The database of a service, or of the key directory (`keys`)."""
        configured = self.database_urls.get(service.replace("-", "_"))
        return configured or f"sqlite:///{self.data_dir / f'{service}.db'}"


def database_variable(service: str) -> str:
    """The environment variable that names the database of a service."""
    return f"{PREFIX}{service.replace('-', '_').upper()}_DATABASE_URL"
