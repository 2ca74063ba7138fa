"""Where the keys of this process are: in a setting, in a file, or, with all on one machine, in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clearway_alerts.sealing.keys import NAMED, Keyring, parse
from clearway_alerts.settings import AlertsSettings
from clearway_platform.database.engines import async_url
from clearway_platform.settings import Settings, UnusableSetting

FILE: Final = "secrets.key"


def file_of(own: AlertsSettings, settings: Settings) -> Path | None:
    """The file with the keys; None where they are in the environment, or there are none."""
    if own.secrets_key is not None and own.secrets_key_file is not None:
        raise UnusableSetting(f"{NAMED} and {NAMED}_FILE are both set. Unset one of them.")
    if own.secrets_key is not None:
        return None
    if own.secrets_key_file is not None:
        return own.secrets_key_file
    # Elsewhere a process of an older version may run beside this one, which cannot open what is sealed.
    is_alone = settings.broker_url is None and _is_sqlite(settings.database_url("alerts"))
    return settings.data_dir / FILE if is_alone else None


def keyring_of(own: AlertsSettings, settings: Settings) -> Keyring:
    """The keys. The file of the data folder is made when it is needed. Raises UnusableSetting."""
    file = file_of(own, settings)
    if own.secrets_key is not None:
        return Keyring(parse(own.secrets_key.get_secret_value(), NAMED))
    if file is None:
        return Keyring()
    return Keyring(file=file, is_made=own.secrets_key_file is None)


def _is_sqlite(url: str) -> bool:
    return async_url(url).get_backend_name() == "sqlite"
