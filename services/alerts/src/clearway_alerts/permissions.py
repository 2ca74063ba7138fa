"""What a role may do with alerts and subscriptions."""

from typing import Final

from clearway_platform.auth.principals import EVERYONE, Permission, Role

READ: Final = Permission("alerts:read", "read alerts", EVERYONE)
SUBSCRIBE: Final = Permission(
    "subscriptions:write", "make and change subscriptions", frozenset({Role.SUBSCRIBER, Role.OPERATOR})
)

WATCH: Final = Permission("sources:write", "watch sources for silence", frozenset({Role.OPERATOR}))

PERMISSIONS: Final = (READ, SUBSCRIBE, WATCH)
