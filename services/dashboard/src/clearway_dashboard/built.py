"""The files that the build of the page wrote: each is read and compressed once."""

from __future__ import annotations

import gzip
import mimetypes
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.staticfiles import StaticFiles

from clearway_platform.web.representation import weak_etag

# Those of which some versions of Python or some systems say something else.
_TYPES: Final = {
    ".js": "text/javascript",
    ".pmtiles": "application/octet-stream",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_MOST_FILES: Final = 500
# What saves less than a tenth, such as an image, is compressed already.
_WORTH: Final = 0.9


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page. `compressed` is the same with gzip, where that is smaller.

    `etag` is of the content: in an image all files have the same time, and pages of two builds often the same size.
    """

    content: bytes
    compressed: bytes | None
    media_type: str
    etag: str


class Built:
    """The folder of the build. It is looked into for each request: a page may be built while the service runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = StaticFiles(directory=folder, check_dir=False)
        self._read = lru_cache(_MOST_FILES)(_read)

    def find(self, name: str) -> File | None:
        """The file of this name in the folder, or None. It blocks."""
        try:
            path, found = self._folder.lookup_path(name)
        except (OSError, ValueError):  # a name too long, or with a null byte
            return None
        if found is None or not stat.S_ISREG(found.st_mode):
            return None
        return self._read(path, found.st_mtime_ns)


def _read(path: str, _changed_ns: int) -> File:
    content = Path(path).read_bytes()
    compressed = gzip.compress(content, mtime=0)
    suffix = Path(path).suffix
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(f"file{suffix}")[0] or "application/octet-stream"
    return File(
        content, compressed if len(compressed) < len(content) * _WORTH else None, media_type, weak_etag(content)
    )
