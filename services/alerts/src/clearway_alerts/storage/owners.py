"""The ceiling of the key to which a subscription belongs, in its row: that of a key never changes."""

from __future__ import annotations

from typing import Any, Final

from clearway_alerts.storage.channels import StoredRow
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.principals import CEILINGS, Role

OWNER_COLUMNS: Final = ("owner_tlp", "owner_classification", "owner_organisation")
# Earlier keys have the ceiling of their role, and every role's is at least this.
_AT_LEAST: Final = CEILINGS[Role.SUBSCRIBER]


def owner_columns(ceiling: Ceiling) -> dict[str, Any]:
    """The values of OWNER_COLUMNS."""
    marks = (ceiling.tlp.value, ceiling.classification.value, ceiling.organisation)
    return dict(zip(OWNER_COLUMNS, marks, strict=True))


def owner_ceiling(row: StoredRow) -> Ceiling:
    """The ceiling of a row with OWNER_COLUMNS. Those that an earlier program wrote are empty."""
    if row["owner_tlp"] is None:
        return _AT_LEAST
    return Ceiling(Tlp(row["owner_tlp"]), Classification(row["owner_classification"]), row["owner_organisation"])
