"""Writes what comes from deploy/topology.toml: `python -m deploy`, from the root of the repository.

With `--check` it writes nothing, and fails when a file is stale or when the table differs from the installed services.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clearway_platform.service import installed_services
from deploy.compose import with_services
from deploy.databases import with_databases, with_passwords
from deploy.edge_routes import caddy_routes, ingress
from deploy.kubernetes import manifests, with_images
from deploy.topology import Topology, differences, read

_COMPOSE: Final = Path("docker-compose.yml")
_INIT: Final = Path("deploy/postgres/init.sh")
_PASSWORDS: Final = Path("deploy/secrets.sh")
_BASE: Final = Path("deploy/k8s/base")
_KUSTOMIZATION: Final = _BASE / "kustomization.yaml"


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 when something differs."""
    topology = read()
    wrong = [f"deploy/topology.toml: {said}" for said in differences(topology, installed_services().values())]
    documents = render(topology)
    if "--check" in arguments:
        wrong += [f"{path} is stale. Run `make contracts` and commit the result." for path in stale(documents, Path())]
    else:
        for path, text in documents.items():
            path.write_text(text, encoding="utf-8")
    sys.stderr.writelines(f"{said}\n" for said in wrong)
    return 1 if wrong else 0


def render(topology: Topology) -> dict[Path, str]:
    """What each generated file must hold, by its path from the root of the repository."""
    return {
        Path("deploy/edge/routes.caddy"): caddy_routes(topology),
        _INIT: with_databases(_INIT.read_text(encoding="utf-8"), topology),
        _PASSWORDS: with_passwords(_PASSWORDS.read_text(encoding="utf-8"), topology),
        _COMPOSE: with_services(_COMPOSE.read_text(encoding="utf-8"), topology),
        _BASE / "ingress.yaml": ingress(topology),
        **{_BASE / name: text for name, text in manifests(topology).items()},
        _KUSTOMIZATION: with_images(_KUSTOMIZATION.read_text(encoding="utf-8"), topology, _version()),
    }


def _version() -> str:
    """The version of the images: this one on the commit of a release, and the last release's after it."""
    this: str = _toml("shared/contracts/pyproject.toml")["project"]["version"]
    last: str = _toml("releases.toml")["release"][-1]["version"]
    return last if ".dev" in this else this


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(name).read_text(encoding="utf-8"))


def stale(documents: Mapping[Path, str], root: Path) -> list[Path]:
    """The files that are missing or not as they would be written."""
    return [path for path, text in documents.items() if not _holds(root / path, text)]


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
