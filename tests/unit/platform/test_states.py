"""Stored state is read in the newest shape, whatever version wrote it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from clearway_platform.database.states import NewerState, StateVersions, only_added


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    metres: int
    paved: bool = False


def kilometres_become_metres(fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": fields["name"], "metres": fields["km"] * 1000}


def paving_is_known(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "paved": fields["name"].startswith("RN")}


ROUTES = StateVersions("route", TypeAdapter(Route), (kilometres_become_metres, paving_is_known))


def test_a_value_is_written_with_the_newest_version() -> None:
    assert ROUTES.write(Route("RN33", 12_000)) == {"v": 3, "name": "RN33", "metres": 12_000, "paved": False}


@pytest.mark.parametrize(
    "stored",
    [
        {"name": "RN33", "km": 12},
        {"v": 1, "name": "RN33", "km": 12},
        {"v": 2, "name": "RN33", "metres": 12_000},
        {"v": 3, "name": "RN33", "metres": 12_000, "paved": True},
    ],
    ids=["without a version", "1", "2", "3"],
)
def test_every_version_is_read_in_the_newest_shape(stored: dict[str, Any]) -> None:
    before = dict(stored)

    assert ROUTES.read(stored) == Route("RN33", 12_000, paved=True)
    assert ROUTES.shape(stored) == {"name": "RN33", "metres": 12_000, "paved": True}
    assert stored == before


def test_a_value_that_was_no_object_is_of_the_first_version() -> None:
    lines = StateVersions("line", TypeAdapter(dict[str, Any]), (lambda points: {"points": points},))

    assert lines.read([[1.0, 2.0]]) == {"points": [[1.0, 2.0]]}
    assert lines.read(lines.write({"points": [[1.0, 2.0]]})) == {"points": [[1.0, 2.0]]}


def test_what_an_upcaster_makes_is_validated() -> None:
    with pytest.raises(ValidationError):
        ROUTES.shape({"v": 2, "name": "RN33", "metres": "far"})


@pytest.mark.parametrize("read", [ROUTES.read, ROUTES.shape], ids=["read", "shape"])
def test_state_of_a_newer_program_is_refused_and_says_so(read: Callable[[dict[str, object]], object]) -> None:
    with pytest.raises(NewerState, match=r"newer version of Clearway wrote this route.*version 4.*knows 3"):
        read({"v": 4, "title": "RN33"})


@pytest.mark.parametrize("version", ["2", 0, None, True])
def test_what_is_no_version_is_refused(version: object) -> None:
    with pytest.raises(ValueError, match="not a version"):
        ROUTES.read({"v": version, "name": "RN33"})


@dataclass(frozen=True, slots=True)
class LitRoute(Route):
    """A route of the program after this one: it has a field that may be missing."""

    lit: bool | None = None


LIT = StateVersions("route", TypeAdapter(LitRoute), (*ROUTES.upcasters, only_added), compatible_from=3)


def test_a_version_that_only_adds_is_read_by_the_program_before_it() -> None:
    stored = LIT.write(LitRoute("RN33", 12_000, lit=True))

    assert stored == {"v": 4, "compatible_from": 3, "name": "RN33", "metres": 12_000, "paved": False, "lit": True}
    assert LIT.read(stored) == LitRoute("RN33", 12_000, lit=True)
    assert LIT.shape({"v": 3, "name": "RN33", "metres": 12_000, "paved": True})["lit"] is None
    assert ROUTES.read(stored) == Route("RN33", 12_000)
    assert ROUTES.shape(stored) == {"name": "RN33", "metres": 12_000, "paved": False}


def test_a_program_changes_no_state_of_a_newer_one_even_where_it_can_read_it() -> None:
    assert ROUTES.read_to_change(ROUTES.write(Route("RN33", 12_000))) == Route("RN33", 12_000)
    with pytest.raises(NewerState):
        ROUTES.read_to_change(LIT.write(LitRoute("RN33", 12_000, lit=True)))


def test_a_program_that_is_too_old_for_an_addition_is_refused() -> None:
    oldest = StateVersions("route", TypeAdapter(Route), ROUTES.upcasters[:1])
    with pytest.raises(NewerState, match=r"version 4.*knows 2"):
        oldest.read(LIT.write(LitRoute("RN33", 12_000, lit=True)))
