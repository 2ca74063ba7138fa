"""What is said of a new key on the command line: when it ends, to what it is limited, up to where it reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Annotated, Final

import typer

from clearway_contracts.handling import organisation_key
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import Ceiling
from clearway_platform.auth.principals import CEILINGS, KeyTerms, Role
from clearway_platform.web.joined import permissions_of_role

_SPAN: Final = re.compile(r"^(\d{1,5})(m|h|d)$")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}

Expires = Annotated[
    str | None,
    typer.Option(
        help="When it expires: after a span, as 90d or 12h, or at a time, as 2027-01-31 or 2027-01-31T18:00Z. By "
        "default never.",
        show_default=False,
    ),
]


def span_of(text: str) -> timedelta:
    """A span, as 30m, 12h or 90d. Raises BadParameter."""
    found = _SPAN.match(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no span: write it as 30m, 12h or 90d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment_of(text: str | None, now: datetime) -> datetime | None:
    """When a key expires; a date is its beginning in UTC. Raises BadParameter for what is no time to come."""
    if text is None:
        return None
    if _SPAN.match(text):
        moment = now + span_of(text)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise typer.BadParameter(
                f"{text!r} is no span and no time: write it as 90d, 2027-01-31 or 2027-01-31T18:00Z"
            ) from error
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= now:
        raise typer.BadParameter(f"{text!r} is past: a key expires at a time to come")
    return moment


@dataclass(frozen=True, slots=True)
class Limits:
    """What is said of a new key's ceiling."""

    tlp: Tlp | None
    classification: Classification | None
    organisation: str | None

    def ceiling(self, role: Role) -> Ceiling | None:
        """None where nothing is said: the ceiling is that of the role, also when a later version changes it.
        Raises ValueError for an organisation without a name."""
        if self.organisation is not None and not organisation_key(self.organisation):
            raise ValueError("the organisation has no name: leave the option out for that of the role")
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(CEILINGS[role], **said) if said else None


def terms_of(
    role: Role, system: str | None, expires_at: datetime | None, scopes: Sequence[str], networks: Sequence[str]
) -> KeyTerms:
    """Raises BadParameter for a scope that the role does not have, and for what is no network."""
    return KeyTerms(
        system=system,
        expires_at=expires_at,
        scopes=_scopes(role, scopes) if scopes else None,
        networks=tuple(map(_network, networks)),
    )


def _scopes(role: Role, scopes: Sequence[str]) -> frozenset[str]:
    permitted = permissions_of_role(role)
    if strange := sorted(set(scopes) - set(permitted)):
        raise typer.BadParameter(
            f"the role {role.value} has no permission {strange[0]!r}. Its permissions: {', '.join(permitted)}"
        )
    return frozenset(scopes)


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no network: write it as 10.20.0.0/16 or 2001:db8::/48") from error
