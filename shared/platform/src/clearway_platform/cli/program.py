"""The program `clearway`, from its first line."""

import os
import signal
import sys
from types import FrameType

from clearway_platform.cli.signals import loading


def run() -> None:
    """Load the commands and run the one of the arguments. A signal ends it without a traceback."""
    terminated = False

    def terminate(_number: int, _frame: FrameType | None) -> None:
        # Like Ctrl-C: every block closes what it opened.
        nonlocal terminated
        terminated = True
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell makes background processes ignore Ctrl-C.
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    # Only the user of the command can read the files that it writes, those of SQLite included.
    os.umask(0o077)
    signal.signal(signal.SIGTERM, terminate)
    try:
        # Loading takes most of a second: signals must be handled before it begins.
        with loading():
            from clearway_platform.cli.main import app  # noqa: PLC0415
        app()
    except KeyboardInterrupt:
        sys.exit(_stopped_by(signal.SIGTERM if terminated else signal.SIGINT))
    except SystemExit as end:
        if terminated and end.code == _stopped_by(signal.SIGINT):
            sys.exit(_stopped_by(signal.SIGTERM))
        raise


def _stopped_by(number: signal.Signals) -> int:
    """The exit code that a shell gives to a program that a signal ended."""
    return 128 + number
