"""Signals that stop a command: no traceback at any moment, and the exit code that shells expect."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def loading() -> Iterator[None]:
    """While modules load, a signal ends the process at once, and garbage is not collected.

    There is nothing to close yet, and an exception while a library loads would be turned into an error of that library.
    What importing makes stays: to look through it for garbage takes a tenth of a start (ADR 0013).
    """
    # Only the main thread may set handlers, and only it gets signals.
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in STOPPING} if is_main else {}
    gc.disable()
    try:
        for number, handler in before.items():
            # A background process ignores Ctrl-C: that stays.
            if handler is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        gc.freeze()
        gc.enable()
