"""Principals: the caller, its mission, the permissions of its role, and the ceiling up to which it reads."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address, ip_network
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


class KeyState(StrEnum):
    """Whether a key is accepted. One that is replaced still is, until it expires."""

    IN_USE = "in_use"
    REPLACED = "replaced"
    EXPIRED = "expired"
    REVOKED = "revoked"


PERSON_PREFIX: Final = "oidc-"
"""The id of a person who signs in elsewhere begins with it; no key's does."""

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
LEAST: Final = _IN_THE_FIELD
"""What every role reads: what is marked above it is kept from some of them."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission: its name, a description of what it allows, and the roles that have it besides the administrator.
    `in_every_scope`: a key has it whatever its scopes are."""

    name: str
    words: str
    roles: frozenset[Role] = frozenset()
    in_every_scope: bool = False

    def __str__(self) -> str:
        return self.name

    def belongs_to(self, role: Role) -> bool:
        return role is Role.ADMIN or role in self.roles


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `id` is that of its key; it is what the record keeps. `person` or `system` is the owner
    of the key, where it was made for one; `own_ceiling` is None where the ceiling is that of its role.

    `scopes`: the names of the permissions to which it is limited; `networks`: those from which it is accepted, as CIDR.
    None, and an empty list, are no limit. `successor` is the key that replaces it.
    """

    id: str
    name: str
    mission: str
    role: Role
    person: str | None = None
    own_ceiling: Ceiling | None = None
    system: str | None = None
    scopes: frozenset[str] | None = None
    networks: tuple[str, ...] = ()
    expires_at: datetime | None = None
    successor: str | None = None

    @property
    def ceiling(self) -> Ceiling:
        """The highest marks that it may read."""
        return self.own_ceiling or CEILINGS[self.role]

    @property
    def identity(self) -> str:
        """The same for all keys of one person, or one system, in a mission: whoever must be someone else is compared by
        it. It is opaque, so that a record that keeps it names nobody. A key of no owner stands for itself."""
        if self.person is not None:
            return f"person-{_opaque(self.mission, self.person)}"
        return self.id if self.system is None else f"system-{_opaque(self.mission, self.system)}"

    @property
    def has_key(self) -> bool:
        """Whether it came with a key of the directory, and not with a token of an issuer."""
        return not self.id.startswith(PERSON_PREFIX)

    @property
    def keys(self) -> frozenset[str]:
        """Its key, and the one that replaces it: what belongs to either it may change."""
        return frozenset({self.id, self.successor or self.id})

    def may(self, permission: Permission) -> bool:
        return permission.belongs_to(self.role) and self.has_in_scope(permission)

    def has_in_scope(self, permission: Permission) -> bool:
        return self.scopes is None or permission.in_every_scope or permission.name in self.scopes

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def may_come_from(self, address: str | None) -> bool:
        """Whether it is accepted from this address."""
        if not self.networks:
            return True
        try:
            found = ip_address(address or "")
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in ip_network(network) for network in self.networks)


def _opaque(mission: str, name: str) -> str:
    return hashlib.sha256(f"{mission}/{' '.join(name.split()).casefold()}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """On which terms a key is made: the system that owns it, when it ends, and to what it is limited."""

    system: str | None = None
    expires_at: datetime | None = None
    scopes: frozenset[str] | None = None
    networks: tuple[str, ...] = ()


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
    """A key as its directory lists it; the secret is not in it. `last_used_at` is right to the minute."""

    principal: Principal
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None = None

    def state(self, now: datetime) -> KeyState:
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.principal.has_expired(now):
            return KeyState.EXPIRED
        return KeyState.IN_USE if self.principal.successor is None else KeyState.REPLACED


class StreamTickets(Protocol):
    """Tickets that replace a key when a stream is opened."""

    async def issue(self, principal: Principal) -> StreamTicket | None:
        """A new ticket; None when the key has too many unused tickets."""
        ...

    async def redeem(self, ticket: str) -> Principal | None:
        """The principal of a valid ticket, which is used up."""
        ...


@dataclass(frozen=True, slots=True)
class KeyEnd:
    """How a key ended or will end. `successor` is the key that replaces it."""

    revoked_at: datetime | None
    expires_at: datetime | None
    successor: str | None

    def is_over(self, now: datetime) -> bool:
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)

    @property
    def words(self) -> str:
        """As the end of a sentence about the key."""
        if self.revoked_at is not None:
            return f"was revoked at {self.revoked_at:%Y-%m-%d %H:%M}Z"
        return f"expired at {self.expires_at:%Y-%m-%d %H:%M}Z" if self.expires_at else "is in use"


class Endings(Protocol):
    """The ends of keys, as this process knows them."""

    async def look(self) -> None:
        """All that was committed before the call is known after it, unless the directory does not answer."""
        ...

    def has_ended(self, key_id: str) -> bool: ...

    def is_orphaned(self, key_id: str) -> bool:
        """Whether neither the key nor the one that replaces it is in use."""
        ...

    def ended(self) -> Mapping[str, KeyEnd]:
        """All keys that have ended."""
        ...

    def replaced(self) -> Mapping[str, str]:
        """The successor of every key that has one."""
        ...

    def listening(self, callback: Callable[[], None], key_id: str | None = None) -> AbstractContextManager[None]:
        """Call `callback` when the key ends, or, without one, whenever a key has ended or was replaced."""
        ...


class KeyDirectory(Protocol):
    """Finds the principal behind a presented token, and lists the keys."""

    @property
    def tickets(self) -> StreamTickets: ...

    @property
    def endings(self) -> Endings: ...

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


class NotAuthentic(Exception):
    """A token is not accepted; the text says why and what to do."""


class IssuerAway(Exception):
    """The keys of the tokens' issuer are not known, because it does not answer."""


class People(Protocol):
    """The people who sign in elsewhere, by the tokens that they bring."""

    async def principal(self, token: str) -> Principal:
        """Raises NotAuthentic, and IssuerAway."""
        ...


TOKEN_PREFIX: Final = "cwk"
TICKET_PREFIX: Final = "cwt"


def new_token(key_id: str) -> tuple[str, str]:
    """A token of 256 random bits, and the hash to store. A fast hash suffices: it cannot be guessed."""
    secret = secrets.token_urlsafe(32)
    return f"{TOKEN_PREFIX}_{key_id}_{secret}", hash_secret(secret)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def is_signed(token: str) -> bool:
    """Whether it has the form of a token of an issuer: three parts with dots between them. A key has none."""
    return token.count(".") == 2


def split_token(token: str) -> tuple[str, str] | None:
    """The key id and the secret of a token, or None for another form."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == TOKEN_PREFIX and key_id and secret else None
