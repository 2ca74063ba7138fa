"""A program: one file on standard input, the cleaned photo and its thumbnail on standard output.

It runs in a process of its own (`cleaning.py`), because decoders of images are where hostile files do their work: what
goes wrong here ends this process, takes a bounded part of memory and processor, and finds no secret.

The answer is a line of JSON, then the bytes of both images, whose sizes the line has; or what is wrong in its place.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

# Also the formats that are accepted: they are registered by being imported.
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

FORMATS: Final = (
    JpegImagePlugin.JpegImageFile.format,
    PngImagePlugin.PngImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
)
MOST_PIXELS: Final = 50_000_000
LONGEST_SIDE: Final = 2560
THUMBNAIL_SIDE: Final = 320
QUALITY: Final = 85
PIXELS: Final = "pixels"
UNREADABLE: Final = "unreadable"
# What one photo may take, beside the service in the same container. The largest one with transparency needs two copies
# of itself at a time, 400 MB.
_MEMORY_BYTES: Final = 768 * 1024**2
_PROCESSOR_SECONDS: Final = 20
# 16 bits a pixel, as of thermal cameras.
_DEEP: Final = ("I", "I;16", "I;16B", "I;16L")
_OF_A_SHADE: Final = 1 / 256


class TooManyPixels(Exception):
    """The photo is larger than what is decoded."""


def cleaned(sent: bytes) -> tuple[Image.Image, Image.Image]:
    """The photo and its thumbnail: upright, in sRGB, on white, and without anything but the pixels. Raises
    TooManyPixels, and whatever the library raises for a file that it cannot read."""
    with Image.open(BytesIO(sent), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise TooManyPixels
        plain = _turned(image, _small(image))
    bounded = Image.new("RGB", plain.size)
    bounded.paste(plain)  # into an image that has no description of any kind
    thumbnail = bounded.copy()
    thumbnail.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return bounded, thumbnail


def _small(image: Image.Image) -> Image.Image:
    """Bounded first: what follows then works on few pixels. A JPEG is not even decoded larger than needed."""
    if image.mode in _DEEP:
        image.load()
        return _bounded(image.convert("F").point(lambda value: value * _OF_A_SHADE + 0).convert("L")).convert("RGB")
    if image.mode in ("P", "1", "PA"):
        return _on_white(_bounded(image.convert("RGBA")))
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image.load()
    return _on_white(_in_srgb(image))


def _bounded(image: Image.Image) -> Image.Image:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours of another profile look wrong without it, and a profile is a description that is not kept."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        read = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, read, ImageCms.createProfile("sRGB"), outputMode=mode)
        return converted or image
    return image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    return image.convert("RGB")


def _turned(image: Image.Image, small: Image.Image) -> Image.Image:
    """Upright, as the camera noted. A note that cannot be read turns nothing."""
    with suppress(Exception):
        oriented = small.copy()
        oriented.info = dict(image.info)
        return ImageOps.exif_transpose(oriented)
    return small


def as_jpeg(image: Image.Image) -> bytes:
    """The bytes of an image."""
    written = BytesIO()
    image.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


def main() -> None:
    """Answer for the file on standard input."""
    _bound()
    sent = sys.stdin.buffer.read()
    parts: tuple[bytes, ...] = ()
    try:
        image, thumbnail = cleaned(sent)
        parts = (as_jpeg(image), as_jpeg(thumbnail))
        head = {"width": image.width, "height": image.height, "sizes": [len(part) for part in parts]}
    except (TooManyPixels, Image.DecompressionBombError):
        head = {"refused": PIXELS}
    except Exception:  # of a decoder, for a file that is not what it says: the kinds have no end
        head = {"refused": UNREADABLE}
    sys.stdout.buffer.write(b"".join((json.dumps(head).encode(), b"\n", *parts)))


def _bound() -> None:
    """Bound what this process may take, where the system can; and when memory is short, it goes first."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        for kind, most in (
            (resource.RLIMIT_AS, _MEMORY_BYTES),
            (resource.RLIMIT_CPU, _PROCESSOR_SECONDS),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
        ):
            resource.setrlimit(kind, (most, most))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main()
