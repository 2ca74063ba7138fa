"""Cursors: positions of a feed as clients see them. They are sealed: a position counts the events of all missions."""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

KEY_BYTES: Final = 32
_POSITION_BYTES: Final = 8
_SALT_BYTES: Final = 6
# An event has the same id on every connection.
_NO_SALT: Final = bytes(_SALT_BYTES)
# A sealed position, or what the releases before had: it is answered with `resync`, as a cursor of another database is.
_FORM: Final = re.compile(r"^(?:[A-Za-z0-9_-]{40}|[0-9a-f]{1,32}-\d{1,18})$")


def is_cursor(text: str) -> bool:
    """Whether a text has the form of an event id, of this feed or another."""
    return _FORM.match(text) is not None


class Cursors:
    """The cursors of one feed. One that was given to another mission, or by another feed, is none here."""

    def __init__(self, epoch: str, key: bytes) -> None:
        """`key` is of the database: cursors stay valid when the process ends."""
        self._epoch = epoch.encode()
        self._cipher = AESSIV(key)

    def event_id(self, mission: str, position: int) -> str:
        """The id of the mission's event at this position."""
        return self._sealed(mission, position, _NO_SALT)

    def place(self, mission: str, position: int) -> str:
        """A cursor that differs each time: equal ones would say that no other mission published anything between."""
        return self._sealed(mission, position, secrets.token_bytes(_SALT_BYTES))

    def position(self, mission: str, cursor: str) -> int | None:
        """The position that a cursor of the mission stands for; None when it is none of this feed's."""
        try:
            sealed = urlsafe_b64decode(cursor)
            opened = self._cipher.decrypt(sealed, [self._epoch, mission.encode()])
        except (InvalidTag, ValueError):
            return None
        return int.from_bytes(opened[:_POSITION_BYTES])

    def _sealed(self, mission: str, position: int, salt: bytes) -> str:
        plain = position.to_bytes(_POSITION_BYTES) + salt
        return urlsafe_b64encode(self._cipher.encrypt(plain, [self._epoch, mission.encode()])).decode()
