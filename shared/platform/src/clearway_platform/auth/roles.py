"""The roles and what each may do, in words: for the command line, the README and the API's description.

python -m clearway_platform.auth.roles [--check]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Final

from clearway_platform.auth.principals import PERMISSIONS, Permission, Role

README: Final = Path("README.md")
BEGIN: Final = "<!-- roles:begin -->"
END: Final = "<!-- roles:end -->"

WORDS: Final[dict[Permission, str]] = {
    Permission.INCIDENTS_READ: "read incidents",
    Permission.ALERTS_READ: "read alerts",
    Permission.ROUTES_READ: "read routes and their risk",
    Permission.INCIDENTS_REPORT: "report, correct and import incidents",
    Permission.INCIDENTS_ASSESS: "grade, verify, dispute, merge, retract, close and reopen incidents",
    Permission.SUBSCRIPTIONS_WRITE: "make and change subscriptions",
    Permission.ROUTES_WRITE: "register, redraw and retire routes",
    Permission.DEAD_LETTERS: "see and decide on dead letters",
    Permission.STREAM_TICKETS: "get tickets that open streams in a browser",
}


def everyone() -> str:
    """What every role may do."""
    shared = frozenset.intersection(*PERMISSIONS.values())
    return _listed([WORDS[one] for one in Permission if one in shared])


def may(role: Role) -> str:
    """What the role may do beyond that."""
    if PERMISSIONS[role] == frozenset(Permission):
        return "everything"
    shared = frozenset.intersection(*PERMISSIONS.values())
    return "; ".join(WORDS[one] for one in Permission if one in PERMISSIONS[role] - shared) or "nothing more"


def roles_text() -> str:
    """The roles as lines of text of 76 characters at most."""
    lines = "\n".join(fill(f"{role.value:<11} {may(role)}", 76, subsequent_indent=" " * 12) for role in Role)
    return f"Every role may {everyone()}, of its own mission. Beyond that:\n\n{lines}"


def roles_table() -> str:
    """The roles as a table in Markdown."""
    rows = "\n".join(f"| `{role.value}` | {may(role)} |" for role in Role)
    return f"Every role may {everyone()}, of its own mission.\n\n| role | may also |\n|---|---|\n{rows}"


def with_roles(text: str) -> str:
    """The text, with the table between the two marks. Raises ValueError when a mark is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} must both be there")
    return f"{before}{BEGIN}\n{roles_table()}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="clearway_platform.auth.roles", description="The roles in the README.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when it is out of date")
    options = parser.parse_args(arguments)
    text = README.read_text(encoding="utf-8")
    expected = with_roles(text)
    if text == expected:
        return 0
    if options.check:
        sys.stderr.write(f"{README}: the roles are out of date: run python -m clearway_platform.auth.roles\n")
        return 1
    README.write_text(expected, encoding="utf-8")
    return 0


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


if __name__ == "__main__":
    sys.exit(main())
