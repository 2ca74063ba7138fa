"""The hash chain of an incident's revisions. It shows which revision was changed or is missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final


def seal(revision: Mapping[str, Any], previous: str | None) -> str:
    """SHA-256, in hex, over the canonical JSON of a revision (see `sealed_part`) and the hash of the one before it."""
    return digest({"previous": previous, "revision": revision})


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over the canonical JSON of a document."""
    canonical = _canonical(document)
    if "-0.0" in canonical:
        # PostgreSQL stores no negative zero: the hash must be the same after a document was stored.
        canonical = _canonical(_without_negative_zero(document))
    return hashlib.sha256(canonical.encode()).hexdigest()


def sealed_part(
    state: Mapping[str, Any], kind: str, by: str, reason: str | None, person: str | None = None
) -> dict[str, Any]:
    """What the hash is over: the stored state without its own hash, the kind, the principal, the reason, and the person
    where the principal's key has one."""
    audit = {name: value for name, value in state["audit"].items() if name != "hash"}
    sealed = {"state": {**state, "audit": audit}, "kind": kind, "by": by, "reason": reason}
    return sealed if person is None else {**sealed, "person": person}


# Made once: to make it costs a tenth of what it does.
_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _canonical(document: Any) -> str:
    return _JSON.encode(document)


def _without_negative_zero(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_negative_zero(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_negative_zero(item) for item in value]
    return 0.0 if isinstance(value, float) and value == 0 else value
