"""The settings of a command, from its options and the environment. An error is one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsError
from sqlalchemy.exc import ArgumentError

from clearway_platform.database.engines import async_url
from clearway_platform.log.kafka.address import KafkaAddress
from clearway_platform.service import Service, load_service, service_names
from clearway_platform.settings import (
    PREFIX,
    SECRETS_DIR,
    ServiceSettings,
    Settings,
    database_variable,
    is_a_file,
    variables_given,
)

Read = TypeVar("Read", bound=BaseSettings)

# Variables that single commands read beside the settings.
OF_COMMANDS: Final = frozenset({"CLEARWAY_URL", "CLEARWAY_API_KEY"})
# Variables that tests read, and that Kubernetes sets for a Service whose name begins with `clearway`.
_OF_OTHERS: Final = re.compile(r"^CLEARWAY_(TEST_.*|(.+_)?SERVICE_(HOST|PORT.*)|(.+_)?PORT_\d+_(TCP|UDP).*)$")
_OPTIONS: Final = {
    "data_dir": "--data",
    "host": "--host",
    "port": "--port",
}

DataFolder = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder; by default CLEARWAY_DATA_DIR, else data.", show_default=False),
]


class Misconfigured(Exception):
    """The command cannot start with these options or settings. The text says what is wrong, and what to do."""


def read_settings(**given: object) -> Settings:
    """The settings; an option that is not None wins over its environment variable. Raises Misconfigured."""
    options = {name: value for name, value in given.items() if value is not None}
    settings = _read(Settings, options)
    _refuse_unknown(variables_given())
    _check_urls(settings)
    return settings


def read_own_settings(services: Iterable[Service]) -> dict[str, ServiceSettings]:
    """The settings of each service that has its own, by the service's name. Raises Misconfigured."""
    return {service.name: _read(service.settings, {}) for service in services if service.settings is not None}


def _read(settings: Callable[..., Read], options: Mapping[str, object]) -> Read:
    try:
        return settings(**options)
    except ValidationError as error:
        raise Misconfigured("\n".join(_sentence(detail, options) for detail in error.errors())) from error
    except SettingsError as error:
        # A setting of several values that is not JSON.
        raise Misconfigured(f'A setting cannot be read: {error}. Give a list as ["first", "second"].') from error
    except OSError as error:
        # A file of the folder of secrets.
        raise Misconfigured(f"{error.filename} cannot be read: {error.strerror}. Let this user read it.") from error


def _refuse_unknown(names: Iterable[str]) -> None:
    """Raise Misconfigured for an unknown variable, or file of the folder of secrets: a misspelt one would be ignored,
    and the default used."""
    known = {*_variables(Settings), *map(database_variable, ("keys", *service_names())), *OF_COMMANDS}
    known.remove(f"{PREFIX}DATABASE_URLS")
    given = {name for name in names if name.startswith(PREFIX) and not _OF_OTHERS.match(name)}
    # A service takes up to half a second to load: it is loaded only while a variable may be its own.
    services = iter(service_names())
    while not given <= known and (name := next(services, None)) is not None:
        own = load_service(name).settings
        known |= _variables(own) if own is not None else set()
    if unknown := given - known:
        raise Misconfigured("\n".join(_unknown(name, known) for name in sorted(unknown)))


def _variables(settings: type[BaseSettings]) -> set[str]:
    return {f"{PREFIX}{name.upper()}" for name in settings.model_fields}


def _unknown(name: str, known: set[str]) -> str:
    bare = [variable.removeprefix(PREFIX) for variable in known]
    nearest = get_close_matches(name.removeprefix(PREFIX), bare, n=1, cutoff=0.5)
    remedy = f"Did you mean {PREFIX}{nearest[0]}? Rename it, or unset it." if nearest else "Unset it."
    return f"{name} is not a setting of the installed services ({', '.join(service_names())}). {remedy}"


def _sentence(detail: ErrorDetails, options: Mapping[str, object]) -> str:
    field = str(detail["loc"][0])
    name = _OPTIONS.get(field, field) if field in options else f"{PREFIX}{field.upper()}"
    problem = detail["msg"].removeprefix("Value error, ").replace("Input should", "should").rstrip(".")
    remedy = "Correct it." if field in options else "Correct it, or unset it to use the default."
    if is_a_file(name):
        return f"The file {name} of {SECRETS_DIR} cannot be used: {problem}. Correct it, or remove it."
    return f"{name} is {str(detail['input'])!r}, but {problem}. {remedy}"


def _check_urls(settings: Settings) -> None:
    """Raise Misconfigured for an invalid URL. The text does not repeat it: it may hold a password."""
    if settings.broker_url is not None:
        try:
            KafkaAddress.parse(settings.broker_url)
        except ValueError as error:
            raise Misconfigured(f"CLEARWAY_BROKER_URL cannot be used: {error}.") from error
    for name, url in settings.database_urls.items():
        try:
            async_url(url)
        except (ArgumentError, ValueError) as error:
            problem = (
                str(error)
                if isinstance(error, ValueError)
                else "it is not a URL: use postgresql://user:password@host/database"
            )
            raise Misconfigured(f"{database_variable(name)} cannot be used: {problem}.") from error
