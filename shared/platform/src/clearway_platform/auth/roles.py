"""The roles and their permissions as text: for the command line, the README and the API's description."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

from clearway_platform.auth.principals import Permission, Role


def everyone(permissions: Sequence[Permission]) -> str:
    """The permissions of every role."""
    return _listed([permission.words for permission in permissions if _is_everyones(permission)])


def may(role: Role, permissions: Sequence[Permission]) -> str:
    """The further permissions of a role."""
    if all(permission.belongs_to(role) for permission in permissions):
        return "everything"
    further = [item.words for item in permissions if item.belongs_to(role) and not _is_everyones(item)]
    return "; ".join(further) or "nothing more"


def roles_text(permissions: Sequence[Permission]) -> str:
    """The roles as lines of text of 76 characters at most."""
    lines = "\n".join(
        fill(f"{role.value:<11} {may(role, permissions)}", 76, subsequent_indent=" " * 12) for role in Role
    )
    return f"Every role may {everyone(permissions)}, of its own mission. Beyond that:\n\n{lines}"


def roles_table(permissions: Sequence[Permission]) -> str:
    """The roles as a table in Markdown."""
    rows = "\n".join(f"| `{role.value}` | {may(role, permissions)} |" for role in Role)
    shared = f"Every role may {everyone(permissions)}, of its own mission."
    return f"{shared}\n\n| role | may also |\n|---|---|\n{rows}"


def roles_by_permission(permissions: Sequence[Permission]) -> dict[str, Any]:
    """The permissions by name, for programs: what each allows, and the roles that have it."""
    return {
        item.name: {"description": item.words, "roles": [role.value for role in Role if item.belongs_to(role)]}
        for item in permissions
    }


def _is_everyones(permission: Permission) -> bool:
    return all(permission.belongs_to(role) for role in Role)


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
