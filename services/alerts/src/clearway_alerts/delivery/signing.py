"""Signatures of Standard Webhooks 1.0: `v1` by a shared secret, and `v1a` by a key that only we hold."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

SECRET_PREFIX: Final = "whsec_"
PRIVATE_PREFIX: Final = "whsk_"
PUBLIC_PREFIX: Final = "whpk_"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """What one endpoint's messages are signed with. While keys rotate, `old_secret` signs too."""

    secret: str
    private_key: str
    old_secret: str | None = None


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def new_key_pair() -> tuple[str, str]:
    """A private and its public key."""
    private = Ed25519PrivateKey.generate()
    encoded = base64.b64encode(private.private_bytes_raw()).decode()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    return PRIVATE_PREFIX + encoded, PUBLIC_PREFIX + public


def signed_headers(keys: SigningKeys, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of one attempt. `at` is the time of the attempt, UTC-aware."""
    text = body.decode()
    shared = [Webhook(secret).sign(message_id, at, text) for secret in (keys.secret, keys.old_secret) if secret]
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join([*shared, _asymmetric(keys.private_key, f"{message_id}.{timestamp}.{text}")]),
    }


def _asymmetric(private_key: str, message: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key.removeprefix(PRIVATE_PREFIX)))
    return f"v1a,{base64.b64encode(key.sign(message.encode())).decode()}"
