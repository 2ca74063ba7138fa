"""What a role may do with incidents."""

from typing import Final

from clearway_platform.auth.principals import EVERYONE, Permission, Role

READ: Final = Permission("incidents:read", "read incidents", EVERYONE)
REPORT: Final = Permission(
    "incidents:report",
    "report and correct incidents, claim clearances",
    frozenset({Role.REPORTER, Role.VERIFIER, Role.OPERATOR}),
)
ASSESS: Final = Permission(
    "incidents:assess",
    "grade, verify, dispute, merge, retract, close and reopen incidents, confirm clearances, decide on proposals",
    frozenset({Role.VERIFIER}),
)

REVIEW_TEXTS: Final = Permission(
    "incidents:review_texts",
    "read, release and remove texts that are withheld for review",
    frozenset({Role.VERIFIER}),
)

IMPORT: Final = Permission("incidents:import", "import incidents", frozenset({Role.OPERATOR}))

PUBLISH: Final = Permission("incidents:publish", "decide which coarse areas everyone may read without a key")

PERMISSIONS: Final = (READ, REPORT, IMPORT, ASSESS, REVIEW_TEXTS, PUBLISH)
