"""`clearway openapi`: writes the services' OpenAPI documents to files beside the code."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.cli.failures import FAILED, fail
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.log import open_broker
from clearway_platform.process.runtime import build_member
from clearway_platform.service import installed_services, permissions_of
from clearway_platform.settings import Settings
from clearway_platform.web.joined import FILE, join, written

_TOGETHER: Final = Path("shared/contracts/src/clearway_contracts") / FILE


def openapi(
    check: Annotated[
        bool, typer.Option("--check", help="Check whether the files are up to date. Write nothing.")
    ] = False,
    folder: Annotated[Path, typer.Option(help="Folder with a folder for each service.")] = Path("services"),
    together: Annotated[Path, typer.Option(help="File of the joint document.")] = _TOGETHER,
) -> None:
    """Write the OpenAPI documents. There is one for each service, and a joint one."""
    found = documents()
    files = {folder / name / FILE: written(document) for name, document in found.items()}
    files[together] = written(join(found, permissions_of(installed_services().values())))
    stale = []
    for path, text in files.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path))
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        fail(f"Out of date: {', '.join(stale)}. Run `make openapi`.", FAILED)


def documents() -> dict[str, dict[str, Any]]:
    """The OpenAPI document of each installed service that has one: a page alone does not. It opens no connection."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        broker = open_broker("kafka://127.0.0.1:9", settings.data_dir)
        keys = SqlKeyDirectory(Database(settings.database_url("keys")), clock)
        found = {
            name: build_member(service, settings, clock, keys, broker).parts.app.openapi()
            for name, service in installed_services().items()
        }
        return {name: document for name, document in found.items() if document["paths"]}
