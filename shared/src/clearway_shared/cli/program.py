"""The program `clearway`, from its first line."""

import gc
import os
import sys
from importlib import import_module
from typing import Final

# A request makes thousands of objects: at the default, a collection would come after every 700 of them.
OBJECTS_PER_COLLECTION: Final = 50_000
# A commit waits for the disk on a thread of its own, which needs the interpreter to begin and to come back. A busy
# event loop would let it wait ten times as long at the default.
SWITCH_SECONDS: Final = 0.0005


def run() -> None:
    """Load the commands and run the one that was asked for."""
    # What any of them writes, databases and what SQLite keeps beside them too, its own user reads alone.
    os.umask(0o077)
    # What importing makes is there to stay: walking over it again and again would take a fifth of the start.
    gc.disable()
    program = import_module("clearway_shared.cli.main").app
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    gc.enable()
    sys.setswitchinterval(SWITCH_SECONDS)
    program()
