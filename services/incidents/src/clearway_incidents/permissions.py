"""What a role may do with incidents."""

from typing import Final

from clearway_platform.auth.principals import EVERYONE, Permission, Role

READ: Final = Permission("incidents:read", "read incidents", EVERYONE)
REPORT: Final = Permission(
    "incidents:report",
    "report and correct incidents",
    frozenset({Role.REPORTER, Role.VERIFIER, Role.OPERATOR}),
)
ASSESS: Final = Permission(
    "incidents:assess",
    "grade, verify, dispute, merge, retract, close and reopen incidents",
    frozenset({Role.VERIFIER}),
)

IMPORT: Final = Permission("incidents:import", "import incidents", frozenset({Role.OPERATOR}))

PERMISSIONS: Final = (READ, REPORT, IMPORT, ASSESS)
