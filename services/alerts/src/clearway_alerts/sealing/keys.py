"""The keys that secrets are sealed with: one that seals, and older ones that still open."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from clearway_platform.settings import UnusableSetting

PREFIX: Final = "cwsk_"
KEY_BYTES: Final = 32
NAMED: Final = "CLEARWAY_SECRETS_KEY"
_OWNER_ALONE: Final = 0o600

_log = structlog.get_logger(__name__)


class MissingKey(LookupError):
    """A secret is sealed with a key that this process does not have."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"sealed with the key {key_id}, which this process does not have: add it to {NAMED}")
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key, and its id, which is stored with what it seals and tells nothing of the key."""

    id: str
    material: bytes = field(repr=False)

    @classmethod
    def of(cls, material: bytes) -> SealingKey:
        return cls(hashlib.sha256(b"clearway sealing key\0" + material).hexdigest()[:16], material)


def new_key() -> str:
    """A new key, as text."""
    return PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")


def parse(text: str, where: str) -> tuple[SealingKey, ...]:
    """The keys of a text, one on a line or several separated by spaces, the one that seals first. Raises
    UnusableSetting, which never repeats what it read."""
    keys = []
    for number, word in enumerate(text.split(), start=1):
        material = _decoded(word.removeprefix(PREFIX)) if word.startswith(PREFIX) else b""
        if len(material) != KEY_BYTES:
            raise UnusableSetting(
                f"{where} cannot be used: key {number} in it is no key. `clearway secrets new-key` makes one."
            )
        keys.append(SealingKey.of(material))
    if not keys:
        raise UnusableSetting(f"{where} holds no key. `clearway secrets new-key` makes one.")
    return tuple(keys)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


class Keyring:
    """The keys of this process. Those of a file are read again when it has changed: a new key needs no new start.

    `is_made`: the file is made, with a new key, when the first secret is to be sealed and there is none.
    """

    def __init__(self, keys: Sequence[SealingKey] = (), file: Path | None = None, *, is_made: bool = False) -> None:
        self._keys = {key.id: key for key in keys}
        self._file = file
        self._is_made = is_made
        self._read_at: int | None = None
        if file is not None and (file.exists() or not is_made):
            self._read(file)

    @property
    def sealing(self) -> SealingKey | None:
        """The key that seals; None where secrets are stored in the clear."""
        if self._file is not None and self._is_made and not self._keys and not self._file.exists():
            make_file(self._file)
        self._refresh()
        return next(iter(self._keys.values()), None)

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the keys, that of the one that seals first."""
        self._refresh()
        return tuple(self._keys)

    def of(self, key_id: str) -> SealingKey:
        """The key of this id. Raises MissingKey."""
        self._refresh()
        if key_id not in self._keys:
            raise MissingKey(key_id)
        return self._keys[key_id]

    def _refresh(self) -> None:
        """A file that cannot be read any more leaves the keys as they were: what is sealed must still open."""
        if self._file is None or (self._is_made and not self._file.exists()):
            return
        try:
            if self._file.stat().st_mtime_ns != self._read_at:
                self._read(self._file)
        except (OSError, UnusableSetting) as error:
            _log.warning(
                "secrets_key_not_read", error=str(error) if isinstance(error, UnusableSetting) else repr(error)
            )

    def _read(self, file: Path) -> None:
        """Raises UnusableSetting."""
        try:
            changed, text = file.stat().st_mtime_ns, file.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise UnusableSetting(
                f"{file} cannot be read: {type(error).__name__}. It holds the keys of secrets."
            ) from error
        self._keys, self._read_at = {key.id: key for key in parse(text, str(file))}, changed


def add_new_key(file: Path) -> SealingKey:
    """Put a new key before those of a file, which is made where there is none. It is closed to others, and whole at
    every moment. Raises UnusableSetting."""
    kept = file.read_text(encoding="utf-8") if file.exists() else ""
    if kept.strip():
        parse(kept, str(file))
    made = new_key()
    _written(file, f"{made}\n{kept}").replace(file)
    return parse(made, str(file))[0]


def make_file(file: Path) -> None:
    """Make a file with a new key. One that another process has made in the same moment stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = _written(file, f"{new_key()}\n")
    with suppress(FileExistsError):
        os.link(unfinished, file)
    unfinished.unlink()


def _written(file: Path, text: str) -> Path:
    """A complete file beside it, for its owner alone."""
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE), "w") as content:
        content.write(text)
        content.flush()
        os.fsync(content.fileno())
    return unfinished
