"""Signals that stop a command: quiet at every moment, with the exit code that shells expect."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ended_at_once() -> Iterator[None]:
    """For the time in which modules load: a signal ends the process, as there is nothing to close yet.

    An exception in the middle of loading would not do: libraries turn it into errors of their own.
    """
    before = {number: signal.getsignal(number) for number in STOPPING}
    try:
        for number, handler in before.items():
            # What is started in the background ignores Ctrl-C, and goes on doing so.
            if handler is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
