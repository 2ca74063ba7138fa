"""Keeps measured processes from standing still: a plugin of coverage, which loads it in each.

At the end of a thread: coverage asks each thread for its greenlet, and holds it weakly. When the thread ends, greenlet
frees it in a pending call of the main thread, and the traced callback of the weak reference is then entered for ever in
CPython 3.11: the process answers nothing more. A greenlet that is kept is not freed.

At a signal: coverage takes a lock where it meets a function for the first time. What a handler raises there leaves the
lock taken, and the next new function waits for it for ever. Its tracer is written in C, where the interpreter's own
lock keeps what this one keeps.
"""

import threading
from typing import Final

import greenlet  # type: ignore[import-untyped]
from coverage.collector import Collector
from coverage.plugin_support import Plugins
from coverage.types import TConfigSectionOut

_KEPT: Final[list[object]] = []


def coverage_init(plugins: Plugins, options: TConfigSectionOut) -> None:
    """Keep the greenlet of each thread that starts from now on, and take no lock."""
    # Called as functions that do nothing. One written in Python is a place where a handler could run.
    Collector.lock_data = Collector.unlock_data = int  # type: ignore[assignment]
    # Greenlet would look through the whole heap for the keeper at the end of each thread: that takes tens of
    # milliseconds, and imports a module, which fails inside of an `eval`.
    greenlet._greenlet.enable_optional_cleanup(False)  # noqa: SLF001  it has no other name
    run = threading.Thread.run

    def run_and_keep_greenlet(thread: threading.Thread) -> None:
        _KEPT.append(greenlet.getcurrent())
        run(thread)

    threading.Thread.run = run_and_keep_greenlet  # type: ignore[assignment, method-assign]
