"""Hashes of documents: the same on every machine and both databases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one form in which a document is hashed and signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over the canonical form."""
    return hashlib.sha256(canonical(document)).hexdigest()


def chained(record: Mapping[str, Any], previous: str | None) -> str:
    """The hash of a record in its chain: over the record, and the hash of the one before it."""
    return digest({"previous": previous, "record": record})


def moment_text(moment: datetime) -> str:
    """A time as it is hashed: in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
