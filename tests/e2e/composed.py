"""The README's compose commands, typed line by line."""

import shlex
import subprocess
from os import environ

from clearway_testing.compose import Project


def run_line(line: str, project: Project) -> str:
    """A line as someone types it, in the project's folder. Raises AssertionError with what it said when it fails."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=project.folder,
        env={**environ, **project.variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    logs = "" if done.returncode == 0 else project.compose("logs", "--tail", "40")[-6000:]
    assert done.returncode == 0, f"{shlex.quote(line)}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}\n{logs}"
    return done.stdout
