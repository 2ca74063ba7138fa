"""The permissions of the platform itself, which belong to no service."""

from typing import Final

from clearway_platform.auth.principals import EVERYONE, Permission, Role

SESSION: Final = Permission("session:read", "see what their own key may do", EVERYONE, in_every_scope=True)
STREAM_TICKETS: Final = Permission(
    "stream-tickets", "get tickets that open streams in a browser", EVERYONE, in_every_scope=True
)
DEAD_LETTERS: Final = Permission("dead-letters", "see and decide on dead letters", frozenset({Role.OPERATOR}))
RESTRICTED: Final = Permission("dead-letters:restricted", "see restricted fields in dead letters")
STATUS: Final = Permission("status:read", "see how the services are doing", frozenset({Role.OPERATOR}))
KEYS: Final = Permission("keys:read", "list the keys of the mission")
AUDIT: Final = Permission("audit:read", "read the audit of the mission")

PLATFORM: Final = (SESSION, DEAD_LETTERS, RESTRICTED, STATUS, KEYS, AUDIT, STREAM_TICKETS)
