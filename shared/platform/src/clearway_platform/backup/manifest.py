"""The manifest of a backup. It is written last, so that a folder without it is not a backup."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ValidationError

from clearway_platform.backup.source import BackupError
from clearway_platform.database.schema import Schema

NAME: Final = "manifest.json"
NO_SCHEMA: Final = Schema()
Kind = Literal["database", "log", "in_transit", "key", "files"]


class ChainEnd(BaseModel):
    """Where a chain of one mission ends: `table` has its end, `records` is how many it has, `hash` that of the last
    one. `clearway audit verify` finds it in the checkpoints, also where the backup was changed since."""

    table: str
    mission: str
    records: int
    hash: str | None


class Part(BaseModel):
    """One file. `made` is the schema of its database; that of other files is empty. `sealed_with` are the ids of the
    keys without which sealed secrets in it do not open: the keys are in no backup. `chains` are those that it holds."""

    name: str
    kind: Kind
    engine: str
    file: str
    size: int
    sha256: str
    made: Schema = NO_SCHEMA
    sealed_with: tuple[str, ...] = ()
    chains: tuple[ChainEnd, ...] = ()


class Manifest(BaseModel):
    """A backup: the version that made it, the moment of its data, and its parts."""

    format: Literal[1] = 1
    program: str
    moment: datetime
    parts: list[Part]

    @property
    def sealed_with(self) -> tuple[str, ...]:
        """The ids of the keys that its sealed secrets need."""
        return tuple(dict.fromkeys(key for part in self.parts for key in part.sealed_with))

    def of_kind(self, kind: str) -> list[Part]:
        return [part for part in self.parts if part.kind == kind]


def described(
    name: str,
    kind: Kind,
    engine: str,
    file: Path,
    made: Schema = NO_SCHEMA,
    sealed_with: Sequence[str] = (),
    chains: Sequence[ChainEnd] = (),
) -> Part:
    """The part for a file that is complete."""
    return Part(
        name=name,
        kind=kind,
        engine=engine,
        file=file.name,
        size=file.stat().st_size,
        sha256=_sum(file),
        made=made,
        sealed_with=tuple(sealed_with),
        chains=tuple(chains),
    )


def read(folder: Path) -> Manifest:
    """The manifest of a backup, once all its files are found unchanged. Raises BackupError."""
    try:
        manifest = Manifest.model_validate_json((folder / NAME).read_bytes())
    except OSError as error:
        raise BackupError(f"{folder} is not a complete backup: it has no {NAME}.") from error
    except ValidationError as error:
        raise BackupError(f"{folder / NAME} cannot be read: it is damaged, or of another version.") from error
    for part in manifest.parts:
        file = folder / part.file
        if not file.is_file():
            raise BackupError(f"{folder} is damaged: {part.file} is missing.")
        if _sum(file) != part.sha256:
            raise BackupError(f"{folder} is damaged: {part.file} has changed.")
    return manifest


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
