"""Keeps measured processes from standing still at the end of a thread: a plugin of coverage, which loads it in each.

Coverage asks each thread for its greenlet, and holds it weakly. When the thread ends, greenlet frees it in a pending
call of the main thread, and the traced callback of the weak reference is then entered for ever in CPython 3.11: the
process answers nothing more. A greenlet that is kept is not freed.
"""

import threading
from typing import Final

import greenlet  # type: ignore[import-untyped]
from coverage.plugin_support import Plugins
from coverage.types import TConfigSectionOut

_KEPT: Final[list[object]] = []


def coverage_init(plugins: Plugins, options: TConfigSectionOut) -> None:
    """Keep the greenlet of each thread that starts from now on."""
    # Greenlet would look through the whole heap for the keeper at the end of each thread: that takes tens of
    # milliseconds, and imports a module, which fails inside of an `eval`.
    greenlet._greenlet.enable_optional_cleanup(False)  # noqa: SLF001  it has no other name
    run = threading.Thread.run

    def run_and_keep_greenlet(thread: threading.Thread) -> None:
        _KEPT.append(greenlet.getcurrent())
        run(thread)

    threading.Thread.run = run_and_keep_greenlet  # type: ignore[assignment, method-assign]
