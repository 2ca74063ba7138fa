"""Who runs a command, for the audit."""

import getpass


def this_user() -> str:
    """`command:` and the name of the user of this machine."""
    try:
        return f"command:{getpass.getuser()}"
    except (OSError, KeyError):
        return "command:unknown"  # a container's user may have no name
