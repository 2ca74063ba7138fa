"""Tools of other languages that tests run: installed once for each lock file, under `.cache`, from the registries."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from clearway_testing.server import Unavailable

PROJECT: Final = Path(__file__).resolve().parents[4]
CACHE: Final = PROJECT / ".cache"
# The environment that runs the tests holds nothing that installs: this one, of `make .venv/.development`, does.
UV: Final = CACHE / "builder" / "bin" / "uv"
INSTALL_SECONDS: Final = 240
BUILD_SECONDS: Final = 600
OPENAPI_GENERATOR: Final = "7.24.0"


def npm_tools(project: Path) -> Path:
    """A folder with the packages of an npm project, and its other files as they are now. Raises Unavailable."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Unavailable("node and npm are not installed")
    folder = CACHE / project.name / _digest(project / "package-lock.json")
    with _once(folder) as missing:
        if missing:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(project / name, folder)
            _run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    for path in project.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def python_tools(lock: Path) -> Path:
    """The `bin` folder of an environment of its own, made from a lock file. Raises Unavailable."""
    folder = CACHE / f"python-{lock.parent.name}" / _digest(lock)
    with _once(folder) as missing:
        if missing:
            _run([str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, "env"], folder)
            install = ["pip", "sync", "--quiet", "--require-hashes", "--python", "env/bin/python", str(lock)]
            _run([str(UV), *install], folder)
    return folder / "env" / "bin"


def openapi_generator() -> Path:
    """The jar of openapi-generator, from Maven Central. Raises Unavailable."""
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        raise Unavailable("java and mvn are not installed")
    folder = CACHE / f"openapi-generator-{OPENAPI_GENERATOR}"
    with _once(folder) as missing:
        if missing:
            artifact = f"org.openapitools:openapi-generator-cli:{OPENAPI_GENERATOR}"
            wanted = [f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
            _run([maven, "-q", "-B", "dependency:copy", *wanted], folder)
    return folder / f"openapi-generator-cli-{OPENAPI_GENERATOR}.jar"


def go_tool(module: str, version: str) -> Path:
    """A program that is built from a Go module (a minute or two, once). Raises Unavailable."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise Unavailable(f"`go` is needed, to build {module}")
    name = module.rpartition("/")[2]
    folder = CACHE / f"{name}-{version}"
    with _once(folder) as missing:
        if missing:
            # The module is built with the Go that is here; it does not fetch another.
            environment = {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOBIN": str(folder)}
            build = [go, "install", "-trimpath", "-ldflags=-s -w", f"{module}@{version}"]
            _run(build, folder, environment, seconds=BUILD_SECONDS)
    return folder / name


@contextmanager
def _once(folder: Path) -> Iterator[bool]:
    """Whether the folder is still to be filled; only one process at a time is in the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "installed"
        yield not done.exists()
        done.touch()


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, seconds: int = INSTALL_SECONDS
) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} took longer than {seconds} s") from error
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
