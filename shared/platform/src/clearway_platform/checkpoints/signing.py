"""The keys that sign checkpoints: Ed25519."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from clearway_platform.settings import Settings

FILE: Final = "audit-signing.key"
"""In the data folder, where the settings name no key."""


class BadKey(ValueError):
    """The key cannot be used. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What checks signatures. Its text is base64; its id is the beginning of its hash."""

    key: Ed25519PublicKey

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadKey."""
        try:
            return cls(Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True)))
        except (ValueError, binascii.Error) as error:
            raise BadKey(
                "A public key is 44 characters of base64, as `clearway audit public-key` prints it."
            ) from error

    @property
    def text(self) -> str:
        return base64.b64encode(self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    @property
    def id(self) -> str:
        return key_id_of(self.text)

    def verifies(self, signature: str, message: bytes) -> bool:
        try:
            self.key.verify(base64.b64decode(signature, validate=True), message)
        except (InvalidSignature, ValueError, binascii.Error):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs."""

    key: Ed25519PrivateKey

    @classmethod
    def make(cls) -> Self:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, pem: str) -> Self:
        """Raises BadKey."""
        try:
            key = load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise BadKey("The signing key is no plain PEM: make one with `clearway audit make-key`.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise BadKey("The signing key is not an Ed25519 key: make one with `clearway audit make-key`.")
        return cls(key)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises BadKey."""
        try:
            pem = file.read_text(encoding="ascii")
        except (OSError, ValueError) as error:
            raise BadKey(f"The signing key {file} cannot be read ({type(error).__name__}).") from error
        return cls.parse(pem)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.key.public_key())

    @property
    def pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self.key.sign(message)).decode()

    def write(self, file: Path) -> None:
        """To a new file for its owner alone. Raises FileExistsError."""
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(self.pem)
            opened.flush()
            os.fsync(opened.fileno())


def key_id_of(public: str) -> str:
    """The id of a public key, from its text."""
    return hashlib.sha256(public.encode()).hexdigest()[:16]


def key_file(settings: Settings) -> Path | None:
    """The file of the signing key; None where the key is in the environment, or there is none."""
    if settings.audit_signing_key_file is not None:
        return settings.audit_signing_key_file
    if settings.audit_signing_key is not None or settings.broker_url is not None:
        return None
    return settings.data_dir / FILE


def signing_key(settings: Settings, *, make: bool) -> SigningKey | None:
    """The key of the settings; None where there is none. `make`: the key of the data folder is made where it is
    missing. Raises BadKey."""
    if settings.audit_signing_key is not None and settings.audit_signing_key_file is None:
        return SigningKey.parse(settings.audit_signing_key.get_secret_value())
    file = key_file(settings)
    if file is None:
        return None
    if settings.audit_signing_key_file is None and not file.exists():
        if not make:
            return None
        with suppress(FileExistsError):  # another process made it meanwhile
            SigningKey.make().write(file)
    return SigningKey.read(file)
