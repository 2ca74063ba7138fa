"""The edge in front of services that run apart: a real Caddy with the committed configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from clearway_testing.server import LOOPBACK, Unavailable, accepts_connections, await_ready, free_port

EDGE: Final = Path(__file__).parents[4] / "deploy" / "edge"


@contextmanager
def running_edge(folder: Path, urls: Mapping[str, str]) -> Iterator[str]:
    """The one address of the services at `urls`, by their names. Raises Unavailable."""
    caddy = shutil.which("caddy")
    if caddy is None:
        raise Unavailable("caddy is not installed: apt install caddy")
    port = free_port()
    _configure(folder, port, urls)
    command = [caddy, "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | {"HOME": str(folder)}, stderr=log)
        try:
            await_ready(lambda: accepts_connections(port), seconds=20, process=process, log=folder / "log")
            yield f"http://{LOOPBACK}:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _configure(folder: Path, port: int, urls: Mapping[str, str]) -> None:
    """The committed files, with the addresses of this machine in the place of the cluster's names."""
    routes = (EDGE / "routes.caddy").read_text()
    for name, url in urls.items():
        assert f"{name}:8080" in routes
        routes = routes.replace(f"{name}:8080", url.removeprefix("http://"))
    (folder / "routes.caddy").write_text(routes)
    (folder / "Caddyfile").write_text((EDGE / "Caddyfile").read_text().replace(":8080 {", f":{port} {{"))
