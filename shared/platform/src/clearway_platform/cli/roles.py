"""The roles in the README, as the installed services give them: `python -m clearway_platform.cli.roles [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from clearway_platform.auth.roles import roles_table
from clearway_platform.service import installed_services, permissions_of

README: Final = Path("README.md")
BEGIN: Final = "<!-- roles:begin -->"
END: Final = "<!-- roles:end -->"


def with_roles(text: str) -> str:
    """The text, with the table between the two marks. Raises ValueError when a mark is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} must both be there")
    table = roles_table(permissions_of(installed_services().values()))
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="clearway_platform.cli.roles", description="The roles in the README.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when it is out of date")
    options = parser.parse_args(arguments)
    text = README.read_text(encoding="utf-8")
    expected = with_roles(text)
    if text == expected:
        return 0
    if options.check:
        sys.stderr.write(f"{README}: the roles are out of date: run python -m clearway_platform.cli.roles\n")
        return 1
    README.write_text(expected, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
