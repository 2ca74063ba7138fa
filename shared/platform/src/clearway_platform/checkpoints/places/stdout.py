"""Checkpoints as lines of standard output, where a collector keeps what a container prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from clearway_platform.checkpoints.statement import Signed


class StdoutPlace:
    """It cannot be read back: `clearway audit verify` is given a file with what was collected."""

    name = "stdout"

    async def write(self, checkpoints: Sequence[Signed]) -> None:
        for one in checkpoints:
            sys.stdout.write(f"{one.line}\n")
        sys.stdout.flush()

    async def read(self) -> Sequence[str] | None:
        return None
