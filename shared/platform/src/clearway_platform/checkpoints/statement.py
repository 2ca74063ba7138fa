"""A checkpoint: a signed statement of where every chain ends, which names the statement before it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clearway_platform.audit.canonical import canonical, digest
from clearway_platform.checkpoints.signing import PublicKey, SigningKey

MARK: Final = 16
"""Characters of a record's hash by which a statement knows the record."""
MOST_MARKS: Final = 2_000
"""Of one chain in one statement. When more records came since the last one, every second or every third has a mark."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChainState(_Part):
    """One chain: how many records it has, the hash of the last one, and the beginnings of the hashes of those since the
    statement before: of the record `first`, and of each `every`-th after it."""

    chain: str
    mission: str
    count: int = Field(ge=0)
    head: str | None
    first: int = Field(ge=1)
    every: int = Field(ge=1)
    marks: tuple[str, ...] = ()


class Adopted(_Part):
    """A chain that is accepted as it is from the record `first` to `until`, the last one that there was: why it differs
    is in the statement's `reason`. Where it was cut off, `until` is before `first`."""

    chain: str
    mission: str
    first: int = Field(ge=1)
    until: int = Field(ge=0)


class Statement(_Part):
    """What is signed. `previous` is the hash of the statement before it. `reason`, `by` and `adopted` say that a person
    accepted a difference; `old_key` hands over to `next_key`, which signs from now on."""

    version: Literal[1] = 1
    sequence: int = Field(ge=1)
    made_at: str
    previous: str | None
    chains: tuple[ChainState, ...]
    reason: str | None = None
    by: str | None = None
    adopted: tuple[Adopted, ...] = ()
    old_key: str | None = None
    next_key: str | None = None

    @property
    def hash(self) -> str:
        return digest(self.model_dump(mode="json"))

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)


class Signed(_Part):
    """A statement with its signatures, by the id of the key. The statement that changes the key has two."""

    statement: Statement
    signatures: Mapping[str, str]

    @property
    def line(self) -> str:
        """As it is written: one line of JSON."""
        return canonical(self.model_dump(mode="json")).decode()

    def signed_by(self, keys: Mapping[str, PublicKey]) -> set[str]:
        """The ids of those keys that signed it."""
        message = canonical(self.statement.model_dump(mode="json"))
        return {key for key, text in self.signatures.items() if key in keys and keys[key].verifies(text, message)}


def signed(statement: Statement, keys: Sequence[SigningKey]) -> Signed:
    """The statement, signed by each of the keys."""
    message = canonical(statement.model_dump(mode="json"))
    return Signed(statement=statement, signatures={key.public.id: key.sign(message) for key in keys})


class NotACheckpoint(ValueError):
    """The line is no checkpoint, or a damaged one."""


def read_line(line: str) -> Signed | None:
    """The checkpoint in a line; None for a line of something else, such as a log. Raises NotACheckpoint."""
    if '"statement"' not in line or '"signatures"' not in line:
        return None
    try:
        found: Any = json.loads(line)
        return Signed.model_validate(found)
    except (ValueError, ValidationError, RecursionError) as error:
        raise NotACheckpoint(line[:60]) from error


def handover_of(statement: Statement) -> tuple[PublicKey, PublicKey] | None:
    """The keys of a statement that hands over from one to the other; None for another statement. Raises BadKey."""
    if statement.old_key is None or statement.next_key is None:
        return None
    return PublicKey.parse(statement.old_key), PublicKey.parse(statement.next_key)
