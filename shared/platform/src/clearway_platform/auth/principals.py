"""Principals: the caller, its mission, the permissions of its role, and the ceiling up to which it reads."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import EVERY_ORGANISATION, UNLIMITED, Ceiling


class Role(StrEnum):
    """The role of a principal in its mission."""

    REPORTER = "reporter"
    VERIFIER = "verifier"
    ANALYST = "analyst"
    SUBSCRIBER = "subscriber"
    OPERATOR = "operator"
    ADMIN = "admin"


EVERYONE: Final = frozenset(Role)

_IN_THE_FIELD: Final = Ceiling(Tlp.AMBER, Classification.UNCLASSIFIED, None)
_IN_THE_OFFICE: Final = Ceiling(Tlp.AMBER_STRICT, Classification.CONFIDENTIAL, EVERY_ORGANISATION)
CEILINGS: Final = {
    Role.REPORTER: _IN_THE_FIELD,
    Role.SUBSCRIBER: _IN_THE_FIELD,
    Role.ANALYST: _IN_THE_OFFICE,
    Role.VERIFIER: _IN_THE_OFFICE,
    Role.OPERATOR: _IN_THE_OFFICE,
    Role.ADMIN: UNLIMITED,
}
"""Up to where the keys of each role read, unless another ceiling is set when the key is made."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission: its name, a description of what it allows, and the roles that have it besides the administrator."""

    name: str
    words: str
    roles: frozenset[Role] = frozenset()

    def __str__(self) -> str:
        return self.name

    def belongs_to(self, role: Role) -> bool:
        return role is Role.ADMIN or role in self.roles


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `id` is that of its key; it is what the record keeps. `person` is the holder of the key,
    where it was made for one; `own_ceiling` is None where the ceiling is that of its role."""

    id: str
    name: str
    mission: str
    role: Role
    person: str | None = None
    own_ceiling: Ceiling | None = None

    @property
    def ceiling(self) -> Ceiling:
        """The highest marks that it may read."""
        return self.own_ceiling or CEILINGS[self.role]

    @property
    def identity(self) -> str:
        """The same for all keys of one person in a mission: whoever must be someone else is compared by it. It is
        opaque, so that a record that keeps it names nobody. A key of no person stands for itself."""
        if self.person is None:
            return self.id
        name = " ".join(self.person.split()).casefold()
        return f"person-{hashlib.sha256(f'{self.mission}/{name}'.encode()).hexdigest()[:16]}"

    def may(self, permission: Permission) -> bool:
        return permission.belongs_to(self.role)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key. `token` is shown once and never stored."""

    principal: Principal
    token: str


@dataclass(frozen=True, slots=True)
class StreamTicket:
    """A key to one stream, for one opening. `ticket` is shown once and never stored.

    Send it as `ticket` in the query of a stream's address. The stream must be opened before `expires_at`, and then
    stays open like any other.
    """

    ticket: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as its directory lists it; the secret is not in it."""

    principal: Principal
    created_at: datetime
    revoked_at: datetime | None


class StreamTickets(Protocol):
    """Tickets that replace a key when a stream is opened."""

    async def issue(self, principal: Principal) -> StreamTicket | None:
        """A new ticket; None when the key has too many unused tickets."""
        ...

    async def redeem(self, ticket: str) -> Principal | None:
        """The principal of a valid ticket, which is used up."""
        ...


class KeyDirectory(Protocol):
    """Finds the principal behind a presented token, and lists the keys."""

    @property
    def tickets(self) -> StreamTickets: ...

    async def principal(self, token: str) -> Principal | None:
        """The principal, or None when the token is unknown, malformed or revoked."""
        ...

    async def principal_of(self, key_id: str) -> Principal | None:
        """The principal of a key, or None when there is no such key in use."""
        ...

    async def list(
        self, mission: str | None = None, *, after: tuple[datetime, str] | None = None, limit: int | None = None
    ) -> Sequence[KeyRecord]:
        """The keys of a mission, or all, the oldest first, from `after`: `created_at` and id of the page before."""
        ...


TOKEN_PREFIX: Final = "cwk"
TICKET_PREFIX: Final = "cwt"


def new_token(key_id: str) -> tuple[str, str]:
    """A token of 256 random bits, and the hash to store. A fast hash suffices: it cannot be guessed."""
    secret = secrets.token_urlsafe(32)
    return f"{TOKEN_PREFIX}_{key_id}_{secret}", hash_secret(secret)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def split_token(token: str) -> tuple[str, str] | None:
    """The key id and the secret of a token, or None for another form."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == TOKEN_PREFIX and key_id and secret else None
