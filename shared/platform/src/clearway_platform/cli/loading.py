"""What a command needs is loaded when it is asked for: to load everything takes most of a second."""

from __future__ import annotations

from collections import UserDict
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.main import get_group

from clearway_platform.cli.failures import Commands
from clearway_platform.cli.signals import loading

GROUP: Final = "clearway.commands"
# In the order of the help. Each is a function, or the commands of a subject.
_OWN: Final = {
    "up": "clearway_platform.cli.serve:up",
    "run": "clearway_platform.cli.serve:run",
    "tail": "clearway_platform.cli.tail:tail",
    "migrate": "clearway_platform.cli.databases:migrate",
    "backup": "clearway_platform.cli.backup:backup",
    "restore": "clearway_platform.cli.backup:restore",
    "openapi": "clearway_platform.cli.openapi:openapi",
    "keys": "clearway_platform.cli.keys:app",
    "row-security": "clearway_platform.cli.row_security:app",
    "audit": "clearway_platform.cli.audit:app",
    "topics": "clearway_platform.cli.topics:app",
    "dead-letters": "clearway_platform.cli.dead_letters:app",
}


class _ByName(UserDict[str, Any]):
    """Every command by its name. A service may bring commands of its own; an image without the service lacks them."""

    def __init__(self) -> None:
        super().__init__({name: EntryPoint(name, place, GROUP) for name, place in _OWN.items()})
        self.update({entry.name: entry for entry in sorted(entry_points(group=GROUP))})

    def __getitem__(self, name: str) -> Any:
        place, parent = super().__getitem__(name), typer.Typer(rich_markup_mode=None)
        with loading():
            found = place.load()
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=name)
        else:
            parent.command(name)(found)
        return get_group(parent).commands[name]


class CommandsByName(Commands):
    """Commands of which the one that is asked for is loaded, and all of them for the help."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.commands = _ByName()
