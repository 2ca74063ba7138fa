"""Docker Compose for an engine that is started here: Debian 12 has the engine and not this part of it."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from clearway_testing.server import Unavailable

MODULE: Final = "github.com/docker/compose/v2@v2.40.3"


def plugin_folder(folder: Path) -> Path:
    """A folder for DOCKER_CONFIG that holds Compose, built from its Go module once (minutes). Raises Unavailable."""
    configuration = folder / "config"
    program = configuration / "cli-plugins" / "docker-compose"
    program.parent.mkdir(parents=True, exist_ok=True)
    if not program.exists():
        if shutil.which("go") is None:
            raise Unavailable("Docker Compose is needed, or `go` to build it")
        _build(program)
    return configuration


def _build(program: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="clearway-compose-") as scratch:
        source, built = Path(scratch, "source"), Path(scratch, "docker-compose")
        shutil.copytree(json.loads(_go(Path(scratch), "mod", "download", "-json", MODULE))["Dir"], source)
        for place in (source, *source.rglob("*")):
            place.chmod(place.stat().st_mode | 0o200)
        _go(source, "build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", str(built), "./cmd")
        # Beside its place first: a build that was cut short leaves nothing that looks whole.
        shutil.copy(built, program.with_suffix(".new"))
        program.with_suffix(".new").rename(program)


def _go(folder: Path, *arguments: str) -> str:
    # The module is built with the Go that is here; it does not fetch another.
    environment = {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    done = subprocess.run(
        ["go", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"Docker Compose could not be built: {done.stderr[-2000:]}")
    return done.stdout
