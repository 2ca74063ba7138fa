"""A store of photos. An address is used once, so what is at it never changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from uuid import UUID


class StoreError(Exception):
    """The store cannot be written or read now. The message names no address of it."""


class Store(Protocol):
    """Where the bytes are."""

    async def put(self, address: str, content: bytes) -> None:
        """Keep the content; it is durable when this returns. Raises StoreError."""
        ...

    async def get(self, address: str) -> bytes | None:
        """The content; None where there is none. Raises StoreError."""
        ...

    async def delete(self, address: str) -> None:
        """Remove what is there, also what was begun to be written. Nothing there is no error. Raises StoreError."""
        ...


def image_address(mission: str, sha256: str, attachment_id: UUID) -> str:
    """Of the photo. Missions have their own, so that none learns what another one holds; the id is in it, so that no
    address is given twice, and removing one photo takes nothing from another of the same content."""
    return f"{mission}/{sha256[:2]}/{sha256}-{attachment_id}.jpg"


def thumbnail_address(mission: str, sha256: str, attachment_id: UUID) -> str:
    """Of its thumbnail; the hash is that of the photo."""
    return f"{mission}/{sha256[:2]}/{sha256}-{attachment_id}-thumbnail.jpg"


def addresses(mission: str, sha256: str, attachment_id: UUID) -> Iterator[str]:
    """Both."""
    yield image_address(mission, sha256, attachment_id)
    yield thumbnail_address(mission, sha256, attachment_id)
