"""A released version of Clearway, made from its commit into an environment of its own, to run beside this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from clearway_testing.server import Unavailable
from clearway_testing.tools import CACHE, PROJECT, UV

# The checkout may belong to another user than the one who tests.
_GIT: Final = ("git", "-c", "safe.directory=*", "-C", str(PROJECT))
_INSTALL_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Release:
    """A version and the commit that it was made of."""

    version: str
    commit: str

    def files(self) -> tuple[Path, ...]:
        """Every file of this version, from the root of its tree. Raises Unavailable."""
        self._require()
        listed = _git("ls-tree", "-r", "--name-only", self.commit).decode()
        return tuple(Path(name) for name in listed.splitlines())

    def services(self) -> tuple[str, ...]:
        """The services of this version, by name. Raises Unavailable."""
        found = (file.parts for file in self.files() if file.match("services/*/pyproject.toml"))
        return tuple(sorted(parts[1] for parts in found))

    def install(self) -> Path:
        """Its `clearway`, in an environment of its own lock file; kept for the next time. Raises Unavailable."""
        folder = CACHE / f"clearway-{self.version}-{self.commit[:12]}"
        program = folder / ".venv/bin/clearway"
        if not program.is_file():
            self._require()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._unpack(folder)
            _make_environment(folder)
        return program

    def _require(self) -> None:
        known = subprocess.run([*_GIT, "cat-file", "-e", f"{self.commit}^{{commit}}"], capture_output=True, check=False)
        if known.returncode != 0:
            raise Unavailable(
                f"Clearway {self.version} is not in this clone: its commit {self.commit} needs the whole history "
                "(git fetch --unshallow)"
            )

    def _unpack(self, folder: Path) -> None:
        with tarfile.open(fileobj=BytesIO(_git("archive", self.commit))) as files:
            files.extractall(folder, filter="data")


def last_release() -> Release:
    """The version before this one, as `releases.toml` names it."""
    listed = tomllib.loads((PROJECT / "releases.toml").read_text())["release"]
    return Release(**listed[-1])


def _git(*arguments: str) -> bytes:
    return subprocess.run([*_GIT, *arguments], capture_output=True, check=True).stdout


def _make_environment(folder: Path) -> None:
    python = folder / ".venv/bin/python"
    members = [str(path.parent) for path in sorted(folder.glob("s*/**/pyproject.toml"))]
    _uv("venv", "--quiet", "--python", sys.executable, str(folder / ".venv"))
    _uv("pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(folder / "requirements.lock"))
    _uv("pip", "install", "--quiet", "--python", str(python), "--no-build-isolation", "--no-deps", *members)


def _uv(*arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        [str(UV), *arguments], capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False, env=environment
    )
    if done.returncode != 0:
        raise Unavailable(f"the environment of the released version cannot be made: {done.stderr[-1000:]}")
