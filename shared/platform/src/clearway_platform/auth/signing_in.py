"""The people whose tokens this process accepts, as its settings say."""

from __future__ import annotations

from clearway_platform.auth.principals import People, Role
from clearway_platform.clock import Clock
from clearway_platform.settings import Settings


def open_people(settings: Settings, clock: Clock) -> People | None:
    """None without an issuer: then keys alone are accepted. Nothing connects before the first token."""
    if settings.oidc_issuer is None:
        return None
    # The library of signatures is not needed without an issuer (ADR 0013).
    from clearway_platform.auth.oidc.issuer import IssuerKeys  # noqa: PLC0415
    from clearway_platform.auth.oidc.rules import Claims, Rules  # noqa: PLC0415
    from clearway_platform.auth.oidc.tokens import TokenPeople  # noqa: PLC0415

    claims = Claims(
        roles=settings.oidc_role_claim,
        mission=settings.oidc_mission_claim,
        person=settings.oidc_person_claim,
        tlp=settings.oidc_tlp_claim,
        classification=settings.oidc_classification_claim,
        organisation=settings.oidc_organisation_claim,
    )
    named = {word: Role(role) for word, role in settings.oidc_roles.items()}
    rules = Rules(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        algorithms=settings.oidc_algorithms,
        claims=claims,
        roles=named or {role.value: role for role in Role},
    )
    return TokenPeople(rules, IssuerKeys(settings.oidc_issuer), clock)
