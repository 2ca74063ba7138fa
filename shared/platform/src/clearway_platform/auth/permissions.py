"""The permissions of the platform itself, which belong to no service."""

from typing import Final

from clearway_platform.auth.principals import EVERYONE, Permission, Role

STREAM_TICKETS: Final = Permission("stream-tickets", "get tickets that open streams in a browser", EVERYONE)
DEAD_LETTERS: Final = Permission("dead-letters", "see and decide on dead letters", frozenset({Role.OPERATOR}))
RESTRICTED: Final = Permission("dead-letters:restricted", "see restricted fields in dead letters")

PLATFORM: Final = (DEAD_LETTERS, RESTRICTED, STREAM_TICKETS)
