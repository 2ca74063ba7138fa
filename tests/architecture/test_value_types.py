"""A list of words stands once: two with the same words are one, and a map between them goes wrong one day."""

import pkgutil
from collections import defaultdict
from enum import Enum
from importlib import import_module
from pathlib import Path


def enumerations(package: str) -> set[type[Enum]]:
    """The enumerations that the modules of a package define."""
    home = import_module(package)
    names = [module.name for module in pkgutil.walk_packages(home.__path__, f"{package}.")]
    modules = [import_module(name) for name in names if ".migrations" not in name]
    found = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    return {value for value in found if issubclass(value, Enum) and value.__module__.startswith(package)}


def test_no_two_enumerations_have_the_same_words(product: list[Path]) -> None:
    packages = {path.parts[path.parts.index("src") + 1] for path in product} - {"clearway_testing", "clearway_demo"}
    places: defaultdict[frozenset[object], set[str]] = defaultdict(set)
    for package in packages:
        for found in enumerations(package):
            places[frozenset(member.value for member in found)].add(f"{found.__module__}.{found.__qualname__}")

    assert len(places) > 30
    assert [sorted(names) for names in places.values() if len(names) > 1] == []
