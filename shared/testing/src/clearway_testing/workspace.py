"""The workspace: every folder of `shared` and `services` with a pyproject.toml, and the lists that must name it.

    python -m clearway_testing.workspace       says which lists lack which member

The tools read these lists where they stand, and none of them can be given a pattern there.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clearway_testing.tools import PROJECT

_TESTS: Final = "clearway_testing"
_PRODUCT: Final = "services"


@dataclass(frozen=True, slots=True)
class Member:
    """A distribution of the workspace: its folder from the root, its name, and the package in its `src`."""

    folder: str
    name: str

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> str:
        return f"{self.folder}/src"

    @property
    def is_service(self) -> bool:
        return self.folder.startswith(f"{_PRODUCT}/")


def members(root: Path = PROJECT) -> list[Member]:
    """Every distribution of the workspace, by its folder."""
    files = sorted(file for kind in ("shared", _PRODUCT) for file in root.glob(f"{kind}/*/pyproject.toml"))
    return [Member(file.parent.relative_to(root).as_posix(), _toml(file)["project"]["name"]) for file in files]


def missing(root: Path = PROJECT) -> list[str]:
    """What is to be added, and where, in sentences."""
    lists = _Lists(_toml(root / "pyproject.toml"))
    return [said for member in members(root) for said in (*lists.lacking(member), *_beside(root, member))]


def _beside(root: Path, member: Member) -> Iterator[str]:
    """What is written of a member elsewhere, and the files that it must have."""
    if not re.search(rf"^{member.folder}/ ", _text(root / "README.md"), re.M):
        yield f"README.md: add a line that begins with {member.folder}/ to `Where things are`."
    if not (root / member.source / member.package / "py.typed").is_file():
        yield f"{member.source}/{member.package}/py.typed: make this empty file, so that mypy reads its types."
    if not member.is_service:
        return
    if not (root / member.folder / "README.md").is_file():
        yield f"{member.folder}/README.md: write the page of the service."
    if f'"{member.folder}.md"' not in _text(root / "docs/zensical.toml"):
        yield f'docs/zensical.toml: add "{member.folder}.md" to the services in `nav`.'
    if not (root / member.folder / "requirements.lock").is_file():
        yield f"{member.folder}/requirements.lock: run `make lock`."


@dataclass(frozen=True, slots=True)
class _Lists:
    """The root's pyproject.toml."""

    document: dict[str, Any]

    def lacking(self, member: Member) -> Iterator[str]:
        tool = self.document["tool"]
        imports = tool["importlinter"]
        contracts = {contract["id"]: contract for contract in imports["contracts"]}
        layers = [contract for contract in contracts.values() if contract["type"] == "layers"]
        package = f'"{member.package}"'
        places = [
            ("[tool.uv.sources]", f"{member.name} = {{ workspace = true }}", member.name in tool["uv"]["sources"]),
            ("mypy_path of [tool.mypy]", f'"{member.source}"', member.source in tool["mypy"]["mypy_path"]),
            ("root_packages of [tool.importlinter]", package, member.package in imports["root_packages"]),
            ("ancestors of the contract `no-cycles`", package, member.package in contracts["no-cycles"]["ancestors"]),
            ("the layers of the contract `distributions`", package, _is_layer(member, contracts["distributions"])),
            (
                "[tool.importlinter]",
                f"a contract of type layers with the container {package}",
                any(member.package in contract.get("containers", ()) for contract in layers),
            ),
        ]
        if member.package != _TESTS:
            measured = tool["coverage"]["run"]["source_pkgs"]
            places.append(("source_pkgs of [tool.coverage.run]", package, member.package in measured))
        if member.is_service:
            installed = self.document["project"]["dependencies"]
            places.append(("dependencies of [project]", f'"{member.name}"', member.name in installed))
        yield from (f"pyproject.toml: add {entry} to {place}." for place, entry, is_there in places if not is_there)


def _is_layer(member: Member, contract: dict[str, Any]) -> bool:
    return any(member.package in layer.split(" | ") for layer in contract["layers"])


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(_text(file))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit("\n".join(missing()) or 0)
