"""Makes a clean photo of what was sent, in a process of its own for each file."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import Any, Final

from clearway_incidents.domain.errors import NotAPhoto
from clearway_incidents.domain.photo import PHOTOS, Photo, kind_of
from clearway_platform.heavy import HeavyWork

_DECODER: Final = "clearway_incidents.photos.decoder"
_SECONDS: Final = 60
_IMAGES: Final = ("HEIC", "AVIF", "TIFF", "BMP", "GIF")
_SEND: Final = "Send a JPEG, PNG or WebP."
_SEND_JPEG: Final = "Save it as JPEG, and send that."
_PROBLEMS: Final = {"pixels": "has too many pixels: at most 50 million are read"}
_CUT: Final = "cannot be read as the {kind} that it begins as: it is damaged, or was cut off"


class Cleaning:
    """One at a time, for the sake of the memory. Starting a process takes a tenth of a second, which a photo is worth:
    a file that crashes a decoder, or fills the memory, ends that process and not the one that takes reports."""

    def __init__(self) -> None:
        self._work = HeavyWork("photos")

    def check_kind(self, sent: bytes) -> None:
        """Raise NotAPhoto for what does not begin as one of the kinds that are accepted."""
        kind = kind_of(sent)
        if kind not in PHOTOS:
            remedy = f"{_SEND} {_SEND_JPEG}" if kind in _IMAGES else _SEND
            raise NotAPhoto(f"is {kind}, not a photo that is accepted", remedy)

    async def photo_of(self, sent: bytes) -> Photo:
        """The photo, of what has such a beginning. Raises NotAPhoto."""
        return await self._work.run(_cleaned, sent)


def _cleaned(sent: bytes) -> Photo:
    # No variable of ours, and no path from which it could be given other modules.
    command = [sys.executable, "-I", "-B", "-m", _DECODER]
    try:
        done = subprocess.run(
            command,
            input=sent,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotAPhoto("takes too long to read", _SEND_JPEG) from None
    head, _, images = done.stdout.partition(b"\n")
    said: dict[str, Any] = json.loads(head) if done.returncode == 0 else {"refused": ""}
    if "refused" in said:
        problem = _PROBLEMS.get(said["refused"], _CUT.format(kind=kind_of(sent)))
        raise NotAPhoto(problem, "Take or save the photo again, and send that.")
    first = said["sizes"][0]
    image, thumbnail = images[:first], images[first:]
    return Photo(image, thumbnail, said["width"], said["height"], _digest(image), _digest(thumbnail), _digest(sent))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
