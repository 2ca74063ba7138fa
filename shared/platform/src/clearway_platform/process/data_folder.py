"""The data folder holds reports, keys and signing secrets: other users of the machine must not read it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# The files of Clearway in its folder: databases with SQLite's companion files, the log and its lock, the keys, and the
# checkpoints of the audit.
OURS: Final = ("*.db", "*.db-wal", "*.db-shm", "*.db-journal", "*.lock", "*.key", "audit-checkpoints.jsonl")
FOLDER: Final = 0o700
OTHERS: Final = 0o077


class OpenToOthers(PermissionError):
    """Other users can read the folder, or a file in it, and this process may not change that."""


def close_to_others(folder: Path) -> str | None:
    """Make the folder if it is missing, and close it, and what is ours in it, to other users of the machine.

    Returns what was closed as a sentence, None when nothing was open. Files of others in it stay as they are, and
    then the folder stays readable. Raises OpenToOthers.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    files = list(_ours(folder))
    closed = [path for path in files if _close(path, OTHERS)]
    is_ours_alone = len(files) == sum(1 for _ in folder.iterdir())
    # Write access to the folder is as bad as to a file: a file can be replaced by another.
    if _close(folder, OTHERS if is_ours_alone else stat.S_IWGRP | stat.S_IWOTH):
        closed.insert(0, folder)
    if not closed:
        return None
    named = ", ".join(str(path) for path in closed[:3])
    more = f" and {len(closed) - 3} more" if len(closed) > 3 else ""
    return f"Other users of this machine could read {named}{more}. Clearway has removed their access."


def _ours(folder: Path) -> Iterator[Path]:
    for pattern in OURS:
        yield from (path for path in folder.glob(pattern) if path.is_file())


def _close(path: Path, bits: int) -> bool:
    """Remove these permission bits. False if none was set. Raises OpenToOthers."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & bits:
        return False
    try:
        if mode & stat.S_ISVTX:
            raise PermissionError
        path.chmod(mode & ~bits)
    except PermissionError as error:
        raise OpenToOthers(
            f"{path} can be read by other users of this machine, and Clearway may not change that. Choose another "
            f"folder with CLEARWAY_DATA_DIR, or let its owner run: chmod go= {path}"
        ) from error
    return True
