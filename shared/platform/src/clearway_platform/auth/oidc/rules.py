"""What is trusted of an issuer, and in which claims of its tokens a principal stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from clearway_platform.auth.principals import Role


@dataclass(frozen=True, slots=True)
class Claims:
    """The names of claims. One with dots leads into objects, as `realm_access.roles`, unless a claim has it as its
    whole name."""

    roles: str = "realm_access.roles"
    mission: str = "clearway_mission"
    person: str = "sub"
    tlp: str = "clearway_tlp"
    classification: str = "clearway_classification"
    organisation: str = "clearway_organisation"


@dataclass(frozen=True, slots=True)
class Rules:
    """Tokens of this issuer are accepted that are for this audience. `roles` has Clearway's role for each word of the
    claim of roles; other words mean nothing."""

    issuer: str
    audience: str
    algorithms: Sequence[str] = ("RS256", "PS256", "ES256", "EdDSA")
    leeway: timedelta = timedelta(seconds=30)
    claims: Claims = Claims()
    roles: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})


def claim(claims: Mapping[str, Any], name: str) -> object:
    """The value of a claim, or None."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
