"""Signatures of Standard Webhooks 1.0: `v1` by a shared secret, and `v1a` by a key that only we hold."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

SECRET_PREFIX: Final = "whsec_"
PRIVATE_PREFIX: Final = "whsk_"
PUBLIC_PREFIX: Final = "whpk_"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class SigningKeys:
    """What one endpoint's messages are signed with. While keys rotate, until `overlap_until`, `old_secret` signs too.

    The key is read from its text once, at the first signature: that takes as long as signing does.
    """

    secret: str
    private_key: str
    old_secret: str | None = None
    overlap_until: datetime | None = None

    @cached_property
    def _asymmetric(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(self.private_key.removeprefix(PRIVATE_PREFIX)))

    def headers(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """The headers of one attempt. `at` is the time of the attempt, UTC-aware."""
        text, timestamp = body.decode(), str(int(at.timestamp()))
        signature = self._asymmetric.sign(f"{message_id}.{timestamp}.{text}".encode())
        shared = [Webhook(secret).sign(message_id, at, text) for secret in self._secrets(at)]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join([*shared, f"v1a,{base64.b64encode(signature).decode()}"]),
        }

    def _secrets(self, at: datetime) -> list[str]:
        overlaps = self.overlap_until is not None and self.overlap_until > at
        return [self.secret, self.old_secret] if overlaps and self.old_secret else [self.secret]


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def new_key_pair() -> tuple[str, str]:
    """A private and its public key."""
    private = Ed25519PrivateKey.generate()
    encoded = base64.b64encode(private.private_bytes_raw()).decode()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    return PRIVATE_PREFIX + encoded, PUBLIC_PREFIX + public
