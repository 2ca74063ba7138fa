"""The hash chain of an incident's revisions. It shows which revision was changed or is missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def seal(revision: Mapping[str, Any], previous: str | None) -> str:
    """SHA-256, in hex, over the canonical JSON of a revision (see `sealed_part`) and the hash of the one before it."""
    document = {"previous": previous, "revision": revision}
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def sealed_part(
    state: Mapping[str, Any], kind: str, by: str, reason: str | None, person: str | None = None
) -> dict[str, Any]:
    """What the hash is over: the stored state without its own hash, the kind, the principal, the reason, and the person
    where the principal's key has one."""
    audit = {name: value for name, value in state["audit"].items() if name != "hash"}
    sealed = {"state": {**state, "audit": audit}, "kind": kind, "by": by, "reason": reason}
    return sealed if person is None else {**sealed, "person": person}
