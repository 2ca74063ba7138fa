"""What a role may do with notices."""

from typing import Final

from clearway_platform.auth.principals import EVERYONE, Permission, Role

READ: Final = Permission("notices:read", "read notices", EVERYONE)
POST: Final = Permission("notices:post", "post notices", frozenset({Role.OPERATOR}))

PERMISSIONS: Final = (READ, POST)
