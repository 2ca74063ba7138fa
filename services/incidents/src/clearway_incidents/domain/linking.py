"""The chain of a mission's revisions: a link names one revision and its hash, and is sealed to the link before it."""

from __future__ import annotations

from uuid import UUID

from clearway_incidents.domain.chain import digest


def link_hash(incident_id: UUID, revision: int, revision_hash: str, previous: str | None) -> str:
    """SHA-256, in hex, over what a link names and the hash of the link before it."""
    named = {"incident_id": str(incident_id), "revision": revision, "hash": revision_hash}
    return digest({"previous": previous, "link": named})
