"""The program `clearway`, from its first line."""

import gc
import os
import signal
import sys
from types import FrameType
from typing import Final

from clearway_platform.cli.signals import ended_at_once

# A request makes thousands of objects: at the default, a collection would come after every 700 of them.
OBJECTS_PER_COLLECTION: Final = 50_000
# A commit waits for the disk on a thread of its own, which needs the interpreter to begin and to come back. A busy
# event loop would let it wait ten times as long at the default.
SWITCH_SECONDS: Final = 0.0005


def run() -> None:
    """Load the commands and run the one that was asked for; a signal that stops it is no error to be traced."""
    terminated = False

    def terminate(_number: int, _frame: FrameType | None) -> None:
        # As Ctrl-C does: every block closes what it opened.
        nonlocal terminated
        terminated = True
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell starts what runs in the background so.
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    # What any command writes, databases and what SQLite keeps beside them too, its own user reads alone.
    os.umask(0o077)
    signal.signal(signal.SIGTERM, terminate)
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(_stopped_by(signal.SIGTERM if terminated else signal.SIGINT))
    except SystemExit as end:
        if terminated and end.code == _stopped_by(signal.SIGINT):
            sys.exit(_stopped_by(signal.SIGTERM))
        raise


def _run() -> None:
    # What importing makes is there to stay: walking over it again and again would take a fifth of the start.
    gc.disable()
    with ended_at_once():
        # Loading takes most of a second: signals must be handled before it begins.
        from clearway_platform.cli.main import app  # noqa: PLC0415
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    gc.enable()
    sys.setswitchinterval(SWITCH_SECONDS)
    app()


def _stopped_by(number: signal.Signals) -> int:
    """The exit code that a shell gives to a program that a signal ended."""
    return 128 + number
