"""Programs of npm that a test runs, installed once for each lock file."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

from clearway_shared.testing.server import Unavailable

INSTALL_SECONDS: Final = 90


def installed(package: Path, cache: Path) -> Path:
    """The folder below `cache` in which the package in the folder `package` is installed. Raises Unavailable."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Unavailable("node and npm are not installed")
    lock = hashlib.sha256((package / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = cache / package.name / lock
    folder.mkdir(parents=True, exist_ok=True)
    for file in package.iterdir():
        shutil.copy(file, folder)
    if not (folder / "installed").exists():
        _install(npm, folder)
    return folder


def _install(npm: str, folder: Path) -> None:
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"npm ci took longer than {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise Unavailable(f"npm ci failed: {done.stderr.strip()[-300:]}")
    (folder / "installed").touch()
