"""Photos as cameras make them, with all that they write into a file besides the pixels."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any, Final

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

PLACE: Final = "17.04212,-3.99621"
"""Stands in every text that a photo carries."""
_XMP: Final = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>{PLACE}</place></x:xmpmeta>'.encode()
TURNED: Final = 6
"""The orientation of a camera that was held upright: the picture lies on its side."""


def picture(width: int = 64, height: int = 48, seed: int = 1) -> Image.Image:
    """A red half on the left, a blue one on the right, and a few points that differ with the seed."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    for _ in range(8):
        place = (random.Random(seed).randrange(width // 8) * 8, random.Random(seed + 1).randrange(height // 8) * 8)
        image.paste((0, 200, 0), (*place, place[0] + 8, place[1] + 8))
    return image


def photo(
    kind: str = "JPEG", width: int = 64, height: int = 48, seed: int = 1, *, orientation: int = 1, **saved: Any
) -> bytes:
    """A photo with its place in EXIF, in XMP, in texts and in its comment."""
    written = BytesIO()
    picture(width, height, seed).save(written, kind, **_descriptions(kind, orientation), **saved)
    return written.getvalue()


def _descriptions(kind: str, orientation: int) -> dict[str, Any]:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.ImageDescription] = PLACE
    exif[Base.Make] = PLACE
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitude: (17.0, 2.0, 31.6), GPS.GPSProcessingMethod: PLACE.encode()})
    if kind == "PNG":
        texts = PngInfo()
        texts.add_text("Comment", PLACE)
        texts.add_itxt("XML:com.adobe.xmp", _XMP.decode())
        texts.add_text("zipped", PLACE, zip=True)
        return {"exif": exif, "pnginfo": texts}
    return {"exif": exif, "xmp": _XMP} | ({"comment": PLACE.encode()} if kind == "JPEG" else {})
