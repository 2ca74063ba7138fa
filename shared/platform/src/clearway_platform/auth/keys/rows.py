"""Keys as rows, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.principals import Principal, Role


def read_principal(row: RowMapping | Mapping[str, Any]) -> Principal:
    return Principal(
        id=row["key_id"],
        name=row["name"],
        mission=row["mission"],
        role=Role(row["role"]),
        person=row["person"],
        own_ceiling=_ceiling(row),
        system=row["system"],
        scopes=None if row["scopes"] is None else frozenset(row["scopes"]),
        networks=tuple(row["networks"] or ()),
        expires_at=row["expires_at"],
        successor=row["replaced_by"],
    )


def columns_of(principal: Principal) -> dict[str, Any]:
    """All columns of a principal."""
    ceiling = principal.own_ceiling
    return {
        "key_id": principal.id,
        "name": principal.name,
        "mission": principal.mission,
        "role": principal.role.value,
        "person": principal.person,
        "system": principal.system,
        "tlp": ceiling and ceiling.tlp.value,
        "classification": ceiling and ceiling.classification.value,
        "organisation": ceiling and ceiling.organisation,
        "scopes": None if principal.scopes is None else sorted(principal.scopes),
        "networks": list(principal.networks) or None,
        "expires_at": principal.expires_at,
        "replaced_by": principal.successor,
    }


def _ceiling(row: RowMapping | Mapping[str, Any]) -> Ceiling | None:
    return (
        None
        if row["tlp"] is None
        else Ceiling(Tlp(row["tlp"]), Classification(row["classification"]), row["organisation"])
    )
