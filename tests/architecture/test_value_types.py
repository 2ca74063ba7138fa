"""A value has one type: of two with the same words or the same fields, the map between them goes wrong one day."""

import dataclasses
import pkgutil
from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest
from pydantic import BaseModel
from sqlmodel import SQLModel

# What a value type may share fields with: the services do not see each other, and the contracts stand alone.
TOGETHER = [
    {"clearway_platform", "clearway_incidents"},
    {"clearway_platform", "clearway_alerts"},
    {"clearway_platform", "clearway_analytics"},
    {"clearway_contracts"},
]


def classes(package: str) -> set[type]:
    """The classes that the modules of a package define."""
    home = import_module(package)
    names = [module.name for module in pkgutil.walk_packages(home.__path__, f"{package}.")]
    modules = [import_module(name) for name in names if ".migrations" not in name]
    found = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    return {value for value in found if value.__module__.startswith(package)}


def named(found: type) -> str:
    return f"{found.__module__}.{found.__qualname__}"


def fields(found: type) -> frozenset[tuple[str, str]]:
    """The names and types of a value's fields, without the limits and descriptions that a type may carry.

    Empty for what is no value of two fields or more: a table, or a request's form, which refuses other fields.
    """
    if issubclass(found, BaseModel):
        names = list(found.model_fields) if not issubclass(found, SQLModel) else []
        names = [] if found.model_config.get("extra") == "forbid" else names
    else:
        names = [field.name for field in dataclasses.fields(found)] if dataclasses.is_dataclass(found) else []
    hints = get_type_hints(found) if len(names) > 1 else {}
    return frozenset((name, repr(hints[name])) for name in names if hints)


def alike(found: Iterable[type]) -> list[list[str]]:
    """The classes that are equal field for field. A class and its subclasses are one family."""
    families: defaultdict[frozenset[tuple[str, str]], set[type]] = defaultdict(set)
    for value in found:
        families[fields(value)].add(value)
    families.pop(frozenset(), None)
    return [sorted(map(named, same)) for same in families.values() if len({_family(value) for value in same}) > 1]


def _family(value: type) -> type:
    """The first class with the fields of this one."""
    return [parent for parent in value.__mro__ if fields(parent) == fields(value)][-1]


def test_no_two_enumerations_have_the_same_words(product: list[Path]) -> None:
    packages = {path.parts[path.parts.index("src") + 1] for path in product} - {"clearway_testing", "clearway_demo"}
    places: defaultdict[frozenset[object], set[str]] = defaultdict(set)
    for package in packages:
        for found in classes(package):
            if issubclass(found, Enum):
                places[frozenset(member.value for member in found)].add(named(found))

    assert len(places) > 30
    assert [sorted(names) for names in places.values() if len(names) > 1] == []


@pytest.mark.parametrize("packages", TOGETHER, ids=lambda packages: " ".join(sorted(packages)))
def test_no_two_values_have_the_same_fields(packages: set[str]) -> None:
    found = set().union(*map(classes, packages))

    assert sum(bool(fields(value)) for value in found) > 20
    assert alike(found) == []


def test_a_value_and_its_copy_would_be_found() -> None:
    @dataclasses.dataclass(frozen=True)
    class Progress:
        incidents: int
        done: int

    class ProgressView(BaseModel):
        incidents: int
        done: int

    class MoreProgress(ProgressView):
        """The same family."""

    class ProgressForm(BaseModel, extra="forbid"):
        incidents: int
        done: int

    assert alike({Progress, ProgressView, MoreProgress, ProgressForm}) == [
        sorted(map(named, (Progress, ProgressView, MoreProgress)))
    ]
    assert alike({ProgressView, MoreProgress, ProgressForm}) == []
