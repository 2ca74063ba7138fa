"""What the program writes is its own user's alone, whatever the machine allows by default."""

import os
import stat
import subprocess
import sys
from pathlib import Path

COMMAND = "from clearway_platform.cli.program import run; run()"
ARGUMENTS = ["migrate", "keys"]


def test_databases_are_closed_to_others_from_the_first_byte(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = subprocess.run(
        [sys.executable, "-c", COMMAND, *ARGUMENTS],
        env=os.environ | {"CLEARWAY_DATA_DIR": str(folder)},
        umask=0o022,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert folder / "keys.db" in found
    assert [path for path, mode in found.items() if mode & 0o077] == []
