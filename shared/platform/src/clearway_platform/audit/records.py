"""The records of the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from clearway_platform.audit.canonical import moment_text

NO_MISSION: Final = "*"
"""The chain of what belongs to no mission: requests without a valid key, and what a command does to all of them."""


class RecordKind(StrEnum):
    """What an audit record is about."""

    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_REVOKED = "key.revoked"
    DENIED = "request.denied"
    EXPORTED = "data.exported"
    RESTRICTED_READ = "restricted.read"
    FILE_ADDED = "file.added"
    FILE_REFUSED = "file.refused"
    FILE_REMOVED = "file.removed"
    PUBLICATION = "publication.changed"
    NOT_RECORDED = "audit.not_recorded"
    ADOPTED = "audit.adopted"
    SIGNING_KEY_CHANGED = "audit.signing_key_changed"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded. `actor` is the id of a key, or `command:USER` for a command on the server; `subject` what
    it was done to. `detail` holds texts, whole numbers, true and false, and lists of them: never what a field said."""

    mission: str
    kind: RecordKind
    at: datetime
    actor: str | None = None
    subject: str | None = None
    request_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def sealed_part(self) -> dict[str, Any]:
        """What its hash is over."""
        return {
            "mission": self.mission,
            "kind": str(self.kind),
            "at": moment_text(self.at),
            "actor": self.actor,
            "subject": self.subject,
            "request_id": self.request_id,
            "detail": dict(self.detail),
        }


@dataclass(frozen=True, slots=True)
class Record:
    """An entry at its place in the chain of its mission; the first has the number 1."""

    sequence: int
    entry: Entry
    previous: str | None
    hash: str
