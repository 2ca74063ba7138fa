"""The program `clearway`, from its first line."""

import gc
import sys
from importlib import import_module
from typing import Final

# What importing makes is there to stay. At the default of 700 new objects a collection, walking over it again and
# again takes a fifth of the start; and a request makes thousands.
OBJECTS_PER_COLLECTION: Final = 50_000
# A commit waits for the disk on a thread of its own, which needs the interpreter to begin and to come back. A busy
# event loop would let it wait ten times as long at the default.
SWITCH_SECONDS: Final = 0.0005


def run() -> None:
    """Load the commands and run the one that was asked for."""
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    sys.setswitchinterval(SWITCH_SECONDS)
    import_module("clearway_shared.cli.main").app()
