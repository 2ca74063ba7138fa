"""A principal from the claims of a token that was checked: a person, with the role and the ceiling that they name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from clearway_contracts.handling import organisation_key
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.oidc.rules import Rules, claim
from clearway_platform.auth.principals import CEILINGS, PERSON_PREFIX, NotAuthentic, Principal, Role

_MISSION: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")
# Of a person with several roles the first counts: a principal has one.
_FIRST: Final = (Role.ADMIN, Role.OPERATOR, Role.VERIFIER, Role.ANALYST, Role.SUBSCRIBER, Role.REPORTER)
_MOST: Final = 200
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
Word = TypeVar("Word", bound=StrEnum)


def person_of(claims: Mapping[str, Any], rules: Rules) -> Principal:
    """Raises NotAuthentic, which says what the token lacks."""
    names = rules.claims
    mission, role = _mission(claims, names.mission), _role(claims, rules)
    subject, person = _text(claims, "sub"), _text(claims, names.person)
    shown = next((name for name in (claims.get("name"), claims.get("preferred_username")) if _is_text(name)), person)
    return Principal(
        id=f"{PERSON_PREFIX}{_opaque(rules.issuer, subject, mission)}",
        name=str(shown),
        mission=mission,
        role=role,
        person=person,
        own_ceiling=_ceiling(claims, rules, role),
        expires_at=datetime.fromtimestamp(min(claims["exp"], _LATEST), UTC) + rules.leeway,
    )


def _mission(claims: Mapping[str, Any], name: str) -> str:
    found = claim(claims, name)
    several = found if isinstance(found, list) else [found]
    if len(several) != 1 or not isinstance(several[0], str) or not _MISSION.match(several[0]):
        raise NotAuthentic(
            f"This token does not name one mission in its claim {name}. Ask the administrator of your sign-in for it."
        )
    return several[0]


def _role(claims: Mapping[str, Any], rules: Rules) -> Role:
    name = rules.claims.roles
    found = claim(claims, name)
    words = found if isinstance(found, list) else [found]
    roles = {rules.roles[word] for word in words if isinstance(word, str) and word in rules.roles}
    if not roles:
        raise NotAuthentic(
            f"This token names no role of Clearway in its claim {name}. Ask the administrator of your sign-in for one."
        )
    return next(role for role in _FIRST if role in roles)


def _ceiling(claims: Mapping[str, Any], rules: Rules, role: Role) -> Ceiling | None:
    """That of the role, with what the token says instead. Raises NotAuthentic for a word that there is not: to read
    less than was meant is not noticed, and to read more must not be."""
    names, said = rules.claims, dict[str, Any]()
    if (tlp := claim(claims, names.tlp)) is not None:
        said["tlp"] = _word(Tlp, tlp, names.tlp)
    if (classification := claim(claims, names.classification)) is not None:
        said["classification"] = _word(Classification, classification, names.classification)
    if (organisation := claim(claims, names.organisation)) is not None:
        if not _is_text(organisation) or not organisation_key(str(organisation)):
            raise _unusable(names.organisation)
        said["organisation"] = organisation
    return replace(CEILINGS[role], **said) if said else None


def _word(words: type[Word], found: object, name: str) -> Word:
    word = next((word for word in words if word == found), None)
    if word is None:
        raise _unusable(name)
    return word


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claim(claims, name)
    if not _is_text(found):
        raise _unusable(name)
    return str(found)


def _is_text(found: object) -> bool:
    return isinstance(found, str) and bool(found.strip()) and len(found) <= _MOST and found.isprintable()


def _unusable(name: str) -> NotAuthentic:
    return NotAuthentic(f"The claim {name} of this token cannot be used. Ask the administrator of your sign-in.")


def _opaque(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
