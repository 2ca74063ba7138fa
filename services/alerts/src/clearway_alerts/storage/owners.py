"""The ceiling of the key to which a subscription belongs, in its row: that of a key never changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.storage.channels import StoredRow
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.principals import CEILINGS, Principal, Role

CEILING_COLUMNS: Final = ("owner_tlp", "owner_classification", "owner_organisation")
OWNER_COLUMNS: Final = ("owner", *CEILING_COLUMNS)
# Earlier keys have the ceiling of their role, and every role's is at least this.
_AT_LEAST: Final = CEILINGS[Role.SUBSCRIBER]


def owner_columns(owner: Principal) -> dict[str, Any]:
    """The values of OWNER_COLUMNS."""
    ceiling = owner.ceiling
    marks = (ceiling.tlp.value, ceiling.classification.value, ceiling.organisation)
    return {"owner": owner.id, **dict(zip(CEILING_COLUMNS, marks, strict=True))}


def suspended_at(row: StoredRow) -> datetime | None:
    """Since when a subscription is suspended; None when it is not. Release 0.1.0, which may run beside, resumes one
    without a word of it."""
    found: datetime | None = row["suspended_at"] if row["state"] == SubscriptionState.DISABLED else None
    return found


def owner_ceiling(row: StoredRow) -> Ceiling:
    """The ceiling of a row with OWNER_COLUMNS. Those that an earlier program wrote are empty."""
    if row["owner_tlp"] is None:
        return _AT_LEAST
    return Ceiling(Tlp(row["owner_tlp"]), Classification(row["owner_classification"]), row["owner_organisation"])
