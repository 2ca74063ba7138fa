"""A store that speaks the protocol of S3: a real versitygw. It keeps objects in a folder, and checks signatures."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clearway_testing.server import LOOPBACK, accepts_connections, await_ready, free_port
from clearway_testing.tools import go_tool

MODULE: Final = "github.com/versity/versitygw/cmd/versitygw"
VERSION: Final = "v1.8.0"
KEY_ID: Final = "somebody"
KEY: Final = "a-secret-of-tests"
BUCKET: Final = "photos"


def program() -> Path:
    """The program, which is built once. Raises Unavailable."""
    return go_tool(MODULE, VERSION)


@dataclass
class ObjectStore:
    """`root` has a folder for each bucket."""

    root: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As a setting names it."""
        return f"s3://{BUCKET}/clearway?endpoint=http://{LOOPBACK}:{self.port}&region=us-east-1"

    def start(self) -> None:
        keys = ["--access", KEY_ID, "--secret", KEY]
        described = self.root.parent / "described"
        described.mkdir(exist_ok=True)
        (self.root / BUCKET).mkdir(parents=True, exist_ok=True)
        backend = ["posix", "--sidecar", str(described), str(self.root)]
        log = self.root.parent / "log"
        with log.open("ab") as lines:
            command = [str(program()), *keys, "--port", f"{LOOPBACK}:{self.port}", *backend]
            self.process = subprocess.Popen(command, stdout=lines, stderr=lines)
        await_ready(lambda: accepts_connections(self.port), seconds=20, process=self.process, log=log)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def objects(self) -> list[str]:
        """The names of all that it holds."""
        bucket = self.root / BUCKET
        return sorted(str(path.relative_to(bucket)) for path in bucket.rglob("*") if path.is_file())


@contextmanager
def running_object_store(folder: Path) -> Iterator[ObjectStore]:
    """With one empty bucket. Raises Unavailable."""
    store = ObjectStore(folder / "buckets", free_port())
    store.start()
    try:
        yield store
    finally:
        store.stop()
