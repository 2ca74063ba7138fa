"""The program `clearway`, from its first line."""

import gc
from importlib import import_module
from typing import Final

# What importing makes is there to stay. At the default of 700 new objects a collection, walking over it again and
# again takes a fifth of the start; and a request makes thousands.
OBJECTS_PER_COLLECTION: Final = 50_000


def run() -> None:
    """Load the commands and run the one that was asked for."""
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    import_module("clearway_shared.cli.main").app()
