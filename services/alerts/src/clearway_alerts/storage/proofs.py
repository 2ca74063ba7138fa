"""The proof of an endpoint in its subscription's row. It is of `challenged_url`: an address that is changed, by
whichever version, has no proof, and a challenge is due."""

from __future__ import annotations

from typing import Final

from clearway_alerts.domain.proof import Proof, ProofState
from clearway_alerts.storage.channels import StoredRow

PROOF_COLUMNS: Final = ("challenged_url", "proved_at")
# Of a subscription whose endpoint is to be challenged at once.
NOT_CHALLENGED: Final = {
    "challenged_url": None,
    "challenge_due_at": None,
    "challenge_attempts": None,
    "challenge_problem": None,
    "challenged_at": None,
    "proved_at": None,
}


def is_proved(row: StoredRow) -> bool:
    """Of a row with PROOF_COLUMNS and those of its channel."""
    return row["url"] is not None and row["challenged_url"] == row["url"] and row["proved_at"] is not None


def proof_of(row: StoredRow) -> Proof:
    """Of a whole row whose channel has to be proved."""
    if row["challenged_url"] != row["url"]:
        return Proof(ProofState.PENDING, 0, None, None, None)
    if is_proved(row):
        state = ProofState.PROVED
    else:
        state = ProofState.FAILED if row["challenge_due_at"] is None else ProofState.PENDING
    return Proof(
        state, row["challenge_attempts"], row["challenged_at"], row["challenge_due_at"], row["challenge_problem"]
    )
