"""What a file is, by its content, and what a cleaned photo has. What it is called, and what a client says of it, count
for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEDIA_TYPE: Final = "image/jpeg"
"""That of every photo on record: what is accepted is made into it."""

PHOTOS: Final = ("JPEG", "PNG", "WebP")
# At its beginning a file says what it is. The first that fits; further bytes are at the place that is named.
_BEGINNINGS: Final = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (8, b"WEBP", "WebP"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"MZ", "a program"),
    (0, b"\x7fELF", "a program"),
    (0, b"OggS", "a sound or a film"),
    (0, b"ID3", "a sound or a film"),
    (0, b"\x1aE\xdf\xa3", "a sound or a film"),
    (8, b"WAVE", "a sound or a film"),
    (8, b"AVI ", "a sound or a film"),
)
_BOX: Final = b"ftyp"
_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "HEIC"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
_MARKUP: Final = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")
_LOOKED_AT: Final = 512


@dataclass(frozen=True, slots=True)
class Photo:
    """A cleaned photo, and its thumbnail, with their hashes (SHA-256 in hex). `sent_hash` is that of what was sent: it
    tells a repeat of the same request, and is not kept."""

    image: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str
    thumbnail_sha256: str
    sent_hash: str

    @property
    def size(self) -> int:
        """In bytes, both together."""
        return len(self.image) + len(self.thumbnail)


def kind_of(content: bytes) -> str:
    """What the content is, in a word."""
    for place, bytes_there, kind in _BEGINNINGS:
        if content[place : place + len(bytes_there)] == bytes_there:
            return kind
    if content[4:8] == _BOX:
        return _BRANDS.get(content[8:12], "a film")
    beginning = content[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(_MARKUP):
        return "a page or a drawing as text"
    return "nothing" if not content else "no kind of file that is known here"
