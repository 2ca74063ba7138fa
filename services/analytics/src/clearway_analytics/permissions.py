"""What a role may do with routes."""

from typing import Final

from clearway_platform.auth.principals import EVERYONE, Permission, Role

READ: Final = Permission("routes:read", "read routes and their risk", EVERYONE)
WRITE: Final = Permission(
    "routes:write", "register, redraw and retire routes", frozenset({Role.ANALYST, Role.OPERATOR})
)
RECORD_CLEARANCES: Final = Permission(
    "route-clearances:write",
    "record, correct and withdraw clearances of routes",
    frozenset({Role.VERIFIER, Role.ANALYST, Role.OPERATOR}),
)
RECORD_PASSES: Final = Permission(
    "route-passes:write",
    "record, correct and withdraw passes along routes",
    frozenset({Role.REPORTER, Role.VERIFIER, Role.ANALYST, Role.OPERATOR}),
)
WRITE_AREAS: Final = Permission(
    "areas:write",
    "register, correct and release contaminated areas",
    frozenset({Role.VERIFIER, Role.ANALYST, Role.OPERATOR}),
)
CHANGE_PARAMETERS: Final = Permission(
    "risk-parameters:write", "propose, activate and discard risk parameters", frozenset({Role.OPERATOR})
)

PERMISSIONS: Final = (READ, WRITE, RECORD_CLEARANCES, RECORD_PASSES, WRITE_AREAS, CHANGE_PARAMETERS)
