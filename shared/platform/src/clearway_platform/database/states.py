"""Versions of stored state: state of an earlier program is read in the newest shape.

State is stored as a JSON object with its version beside its fields: `{"v": 2, ...}`. State without `v` was written by
release 0.1.0 and has version 1. Rows are not rewritten when the shape changes: each is converted when it is read, by
one step per version. A version that only adds optional fields names the oldest version whose programs can read it:
`{"v": 2, "compatible_from": 1, ...}` (docs/adr/0022-stored-state-has-a-version.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter

FIRST: Final = 1
VERSION: Final = "v"
COMPATIBLE_FROM: Final = "compatible_from"

State = dict[str, Any]
# Converts the fields of one version to those of the next. It returns a new value and does not change its argument.
Upcaster = Callable[[Any], Any]
T = TypeVar("T")


class NewerState(Exception):
    """A newer program wrote this state, and this program does not know its shape.

    It is transient during a rolling upgrade: the work succeeds where, or as soon as, the newer program runs."""

    def __init__(self, name: str, version: int, newest: int) -> None:
        super().__init__(
            f"A newer version of Clearway wrote this {name}: its state has version {version}, and this program knows "
            f"{newest}. Repeat the request. If this lasts, replace the older programs that still run."
        )


@dataclass(frozen=True, slots=True)
class StateVersions(Generic[T]):
    """One kind of stored state. `form` is its newest shape; the first of the upcasters leads from version 1 to 2, the
    next from 2 to 3. `compatible_from` is the oldest version whose programs can read what is written; by default the
    newest. The form must then ignore fields that it does not know.

    T must be stored as a JSON object that has no field `v` or `compatible_from`.
    """

    name: str
    form: TypeAdapter[T]
    upcasters: tuple[Upcaster, ...] = ()
    compatible_from: int | None = None

    @property
    def newest(self) -> int:
        """The version that is written."""
        return FIRST + len(self.upcasters)

    def write(self, value: T) -> State:
        """A value as it is stored."""
        fields = self.form.dump_python(value, mode="json")
        if self.compatible_from is None:
            return {VERSION: self.newest, **fields}
        return {VERSION: self.newest, COMPATIBLE_FROM: self.compatible_from, **fields}

    def read(self, stored: Any) -> T:
        """The value that was stored, validated. Raises NewerState."""
        return self.form.validate_python(self._converted(stored))

    def read_to_change(self, stored: Any) -> T:
        """The value, for a change. Raises NewerState for every newer state, also for one that can be read: the change
        would lose the fields that this program does not know."""
        if (version := version_of(stored)) > self.newest:
            raise NewerState(self.name, version, self.newest)
        return self.read(stored)

    def shape(self, stored: Any) -> State:
        """The fields that were stored, in the newest shape and without the version. Raises NewerState.

        State of the newest version was validated when it was written, and is not validated again: a list of 500 states
        would take longer for that than for its query. Converted state is validated, because it is new.
        """
        if version_of(stored) == self.newest:
            return without_version(stored)
        shaped: State = self.form.dump_python(self.read(stored), mode="json")
        return shaped

    def _converted(self, stored: Any) -> Any:
        version = version_of(stored)
        if version > self.newest and _compatible_from(stored) > self.newest:
            raise NewerState(self.name, version, self.newest)
        fields = without_version(stored) if isinstance(stored, Mapping) else stored
        for upcast in self.upcasters[version - FIRST :]:
            fields = upcast(fields)
        return fields


def only_added(fields: Any) -> Any:
    """The step to a version that adds fields that may be missing: they get their defaults when they are validated."""
    return fields


def version_of(stored: Any) -> int:
    """The version of what was stored; the first where it names none. Raises ValueError where it names no version."""
    return _number(stored, VERSION, FIRST)


def without_version(stored: Mapping[str, Any]) -> State:
    """The fields alone."""
    return {name: value for name, value in stored.items() if name not in (VERSION, COMPATIBLE_FROM)}


def _compatible_from(stored: Any) -> int:
    """The oldest version whose programs can read it: its own, where it names none."""
    return _number(stored, COMPATIBLE_FROM, version_of(stored))


def _number(stored: Any, name: str, otherwise: int) -> int:
    version = stored.get(name, otherwise) if isinstance(stored, Mapping) else otherwise
    if type(version) is not int or version < FIRST:
        raise ValueError(f"{version!r} is not a version of stored state")
    return version
