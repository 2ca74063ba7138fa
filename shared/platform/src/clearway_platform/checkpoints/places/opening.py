"""The places of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from clearway_platform.checkpoints.places.file import FilePlace
from clearway_platform.checkpoints.places.place import Place
from clearway_platform.checkpoints.places.stdout import StdoutPlace
from clearway_platform.settings import Settings

FILE: Final = "audit-checkpoints.jsonl"
"""In the data folder, where the settings name no place."""


def open_place(address: str) -> Place:
    """Raises ValueError for an address of no known kind. The libraries of a kind are loaded where one is named: all
    together they would be a tenth of a second of every start (ADR 0013)."""
    parts = urlsplit(address)
    match parts.scheme:
        case "s3" if parts.netloc:
            from clearway_platform.checkpoints.places.s3 import S3Place  # noqa: PLC0415

            return S3Place(address)
        case "https" | "http" if parts.hostname:
            from clearway_platform.checkpoints.places.webhook import WebhookPlace  # noqa: PLC0415

            return WebhookPlace(address)
        case "file" if parts.path:
            return FilePlace(Path(parts.path))
        case "" if address == "stdout":
            return StdoutPlace()
        case "" if address:
            return FilePlace(Path(address))
        case _:
            raise ValueError(
                f"{parts.scheme}:… is no place for checkpoints: use a file, stdout, s3://bucket/prefix or https://…"
            )


def places_of(settings: Settings) -> Sequence[Place]:
    """Those of the settings; where they name none, a file in the data folder, or standard output on Kafka."""
    if settings.audit_checkpoint_places:
        return [open_place(address) for address in settings.audit_checkpoint_places]
    return [StdoutPlace()] if settings.broker_url is not None else [FilePlace(settings.data_dir / FILE)]
