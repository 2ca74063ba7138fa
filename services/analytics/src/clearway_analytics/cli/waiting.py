"""Waits until the comparison of proposed parameters is made, with progress on a terminal."""

from __future__ import annotations

import sys
import time
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from clearway_analytics.cli.shown import title
from clearway_analytics.domain.revision import ParametersState
from clearway_platform.cli.api import Answer, Api
from clearway_platform.cli.errors import NotAvailable, RequestFailed

LOOK_SECONDS: Final = 1.0
# A restart takes seconds: for so long it is waited for.
AWAY_SECONDS: Final = 120.0


def wait_for_comparison(api: Api, path: str, look_seconds: float = LOOK_SECONDS) -> Answer:
    """The revision at this address, once it is compared or decided.

    A restart of Clearway is waited for. Raises RequestFailed when it was discarded meanwhile.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("incidents"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("Computing", total=None)
        patient = _Patient(api, path)
        while True:
            answer = patient.look()
            if answer is not None:
                state, done = answer.body["state"], answer.body["progress"]
                if state == ParametersState.DISCARDED:
                    raise RequestFailed(f"{title(answer.body)} was discarded by {answer.body['decided_by']}.")
                if state != ParametersState.REBUILDING:
                    return answer
                progress.update(task, total=done["incidents"], completed=done["done"])
            time.sleep(look_seconds)


class _Patient:
    """Looks at one address, and says once that nothing answers."""

    def __init__(self, api: Api, path: str) -> None:
        self._api = api
        self._path = path
        self._away_since: float | None = None

    def look(self) -> Answer | None:
        """What is there now; None when nothing answers. Raises NotAvailable when that lasts."""
        try:
            answer = self._api.get(self._path)
        except NotAvailable as error:
            now = time.monotonic()
            if self._away_since is None:
                self._away_since = now
                typer.echo(f"{error} Retrying; stop with Ctrl-C.", err=True)
            if now - self._away_since > AWAY_SECONDS:
                raise
            return None
        self._away_since = None
        return answer
