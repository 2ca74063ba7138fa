"""A sealed secret: a key of its own encrypts it, and one of the keyring that key (AES-256-GCM, both).

Both are bound to the subscription, so that a sealed secret that is copied to another one does not open there. To
rotate, only the key of its own is encrypted anew.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clearway_alerts.sealing.keys import KEY_BYTES, Keyring, SealingKey

Sealed = dict[str, Any]
VERSION: Final = 1
_NONCE_BYTES: Final = 12
_ABOUT: Final = "clearway subscription {id} {part}"


class NotSealedHere(ValueError):
    """What is sealed does not open: it was changed, or is another subscription's."""

    def __init__(self) -> None:
        super().__init__("the sealed secrets do not open: they were changed, or are another subscription's")


def seal(key: SealingKey, subscription_id: UUID, secrets: Mapping[str, Any]) -> Sealed:
    """The secrets, as JSON to store."""
    own = os.urandom(KEY_BYTES)
    box = _encrypt(own, json.dumps(dict(secrets)).encode(), _about(subscription_id, "secrets"))
    return {"v": VERSION, "box": box} | _wrapped(key, subscription_id, own)


def unseal(keys: Keyring, subscription_id: UUID, sealed: Sealed) -> dict[str, Any]:
    """The secrets. Raises MissingKey, NotSealedHere."""
    own = _unwrapped(keys, subscription_id, sealed)
    found: dict[str, Any] = json.loads(_decrypt(own, sealed["box"], _about(subscription_id, "secrets")))
    return found


def sealed_anew(keys: Keyring, key: SealingKey, subscription_id: UUID, sealed: Sealed) -> Sealed:
    """The same, for another key. It is opened first: what does not open stays as it is. Raises MissingKey,
    NotSealedHere."""
    unseal(keys, subscription_id, sealed)
    return sealed | _wrapped(key, subscription_id, _unwrapped(keys, subscription_id, sealed))


def _wrapped(key: SealingKey, subscription_id: UUID, own: bytes) -> Sealed:
    return {"key": key.id, "wrapped": _encrypt(key.material, own, _about(subscription_id, f"key {key.id}"))}


def _unwrapped(keys: Keyring, subscription_id: UUID, sealed: Sealed) -> bytes:
    key = keys.of(sealed["key"])
    return _decrypt(key.material, sealed["wrapped"], _about(subscription_id, f"key {key.id}"))


def _about(subscription_id: UUID, part: str) -> bytes:
    return _ABOUT.format(id=subscription_id, part=part).encode()


def _encrypt(key: bytes, plain: bytes, about: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, about)).decode()


def _decrypt(key: bytes, text: str, about: bytes) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], about)
    except (InvalidTag, ValueError) as error:
        raise NotSealedHere from error
