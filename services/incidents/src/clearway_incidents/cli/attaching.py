"""`clearway attach`: photos of an incident."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from clearway_platform.cli.api import open_api
from clearway_platform.cli.client import Demo, Key, Url
from clearway_platform.cli.configuration import DataFolder


def attach(
    incident: Annotated[UUID, typer.Argument(help="The incident, by its id.")],
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="Photos: JPEG, PNG or WebP.")
    ],
    caption: Annotated[str | None, typer.Option(help="What they show.")] = None,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
) -> None:
    """Send photos of an incident. Place, time and device that a camera wrote into them are removed.

    Safe to repeat: a photo that is there already stays one.
    """
    said = {} if caption is None else {"caption": caption}
    with open_api(url, key, data=data, demo=demo, service="incidents") as api:
        for file in files:
            sent = api.post_file(f"/v1/incidents/{incident}/attachments", file.read_bytes(), **said).body
            typer.echo(f"{file}: {sent['width']} × {sent['height']}, as photo {sent['attachment_id']}.")
