"""The store of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import SecretStr

from clearway_incidents.photos.stores.folder import FolderStore
from clearway_incidents.photos.stores.store import Store
from clearway_incidents.settings import OFF, IncidentsSettings
from clearway_platform.service import Files
from clearway_platform.settings import ServiceSettings, Settings

FOLDER: Final = "attachments"
"""In the data folder, where the settings name no place."""
_BUCKET: Final = "s3://"


def folder_of(settings: Settings, own: IncidentsSettings) -> Path | None:
    """The folder with the photos; None where they are elsewhere, or nowhere."""
    if own.attachments is None:
        return None if settings.broker_url is not None else settings.data_dir / FOLDER
    return None if own.attachments == OFF or own.attachments.startswith(_BUCKET) else Path(own.attachments)


def files_of(settings: Settings, own: ServiceSettings) -> Files:
    """Where the photos are, for a backup."""
    assert isinstance(own, IncidentsSettings)
    is_elsewhere = own.attachments is not None and own.attachments.startswith(_BUCKET)
    bucket = (own.attachments or "").partition("?")[0] if is_elsewhere else None
    return Files("the photos of incidents", folder_of(settings, own), bucket)


def store_of(settings: Settings, own: IncidentsSettings) -> Store | None:
    """None where photos are not kept. The library of the store is loaded where one is named (ADR 0013)."""
    if own.attachments is not None and own.attachments.startswith(_BUCKET):
        from clearway_incidents.photos.stores.bucket import BucketStore  # noqa: PLC0415

        key_id, key = _open(own.attachments_access_key_id), _open(own.attachments_secret_access_key)
        return BucketStore(own.attachments, key_id, key)
    folder = folder_of(settings, own)
    return None if folder is None else FolderStore(folder)


def _open(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
