"""Every import contract is kept by the tree, and broken by what is planted into a copy of it."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURED: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: dict[str, Any] = {contract["id"]: contract for contract in CONFIGURED["contracts"]}


@dataclass(frozen=True, slots=True)
class Breach:
    """An import in a module that is new, or the last line of one that exists; `contract` sees it."""

    contract: str
    module: str
    imported: str

    def __str__(self) -> str:
        return f"{self.contract}: {self.module} imports {self.imported}"


def distributions(contract: dict[str, Any]) -> Iterator[Breach]:
    """For layers without a container: every package imports those beside it and those above it."""
    layers = [split(layer) for layer in contract["layers"]]
    for number, layer in enumerate(layers):
        for package in layer:
            refused = [name for above in layers[:number] for name in above] + [
                name for name in layer if name != package
            ]
            yield from (Breach(contract["id"], f"{package}.planted", name) for name in refused)


def layers_of(contract: dict[str, Any]) -> Iterator[Breach]:
    """For layers in a container: one imports its neighbour, each the layer above, and a module stands in no layer."""
    layers = [modules for layer in contract["layers"] if (modules := split(layer))]
    for container in contract["containers"]:
        yield Breach(contract["id"], f"{container}.planted", "this")
        for upper, lower in pairwise(layers):
            yield Breach(contract["id"], f"{container}.{lower[0]}", f"{container}.{upper[0]}")
        for first, second, *_ in (layer for layer in layers if len(layer) > 1):
            yield Breach(contract["id"], f"{container}.{first}", f"{container}.{second}")


def split(layer: str) -> list[str]:
    """The modules of a layer that exist. An optional one, in parentheses, may not."""
    return [name.strip() for name in layer.replace(":", "|").split("|") if "(" not in name]


BREACHES = [
    *distributions(CONTRACTS["distributions"]),
    *(breach for contract in CONTRACTS.values() if "containers" in contract for breach in layers_of(contract)),
    Breach("analytics-layers", "clearway_analytics.wiring", "clearway_analytics.cli"),
    Breach("no-cycles", "clearway_incidents.domain.life", "clearway_incidents.domain.merging"),
    Breach("no-cycles", "clearway_contracts.envelope", "clearway_contracts.codec"),
    Breach("contracts-are-data", "clearway_contracts.planted", "sqlalchemy"),
    Breach("contracts-are-data", "clearway_contracts.planted", "yaml"),
    Breach("contracts-are-data", "clearway_contracts.codec", "clearway_platform.log"),
    Breach("domain-is-plain", "clearway_incidents.domain.planted", "fastapi"),
    Breach("domain-is-plain", "clearway_incidents.domain.planted", "clearway_contracts.incidents"),
    Breach("domain-has-no-forms", "clearway_incidents.domain.planted", "pydantic"),
    Breach("domain-has-no-forms", "clearway_alerts.domain.planted", "pydantic"),
    Breach("domain-is-plain", "clearway_analytics.domain.planted", "clearway_platform.clock"),
    Breach("domain-is-plain", "clearway_analytics.risk.planted", "sqlmodel"),
    Breach("domain-is-plain", "clearway_platform.refusals", "starlette"),
    Breach("events-are-mapped-once", "clearway_alerts.domain.planted", "clearway_contracts.alerts"),
    Breach("events-are-mapped-once", "clearway_incidents.commands.planted", "clearway_contracts.incidents"),
    Breach("events-are-mapped-once", "clearway_analytics.queries.planted", "clearway_contracts.routes"),
    Breach("events-are-mapped-once", "clearway_platform.web.planted", "clearway_contracts.incidents"),
    Breach("services-use-the-platform", "clearway_alerts.warning.planted", "clearway_platform.log.base"),
    Breach("services-use-the-platform", "clearway_incidents.api.planted", "clearway_platform.cli.client"),
    Breach("services-use-the-platform", "clearway_analytics.planted", "clearway_platform.process.runtime"),
    Breach("services-use-the-platform", "clearway_analytics.queries.planted", "clearway_platform.cli.api"),
    Breach("services-use-the-platform", "clearway_incidents.queries.planted", "clearway_platform.backup"),
    Breach("frameworks-in-api", "clearway_alerts.commands.planted", "fastapi"),
    Breach("frameworks-in-api", "clearway_incidents.queries.planted", "starlette.requests"),
    Breach("frameworks-in-api", "clearway_platform.messaging.planted", "fastapi"),
    Breach("frameworks-in-api", "clearway_dashboard.planted", "starlette.responses"),
    Breach("channels-are-independent", "clearway_alerts.channels.webhook.planted", "clearway_alerts.channels.stream"),
    Breach("channels-are-independent", "clearway_alerts.channels.stream.channel", "clearway_alerts.channels.registry"),
    Breach("channels-are-registered", "clearway_alerts.outbound.planted", "clearway_alerts.channels.webhook.form"),
    Breach("channels-are-registered", "clearway_alerts.commands.planted", "clearway_alerts.channels.stream.channel"),
    Breach("tests-stay-outside", "clearway_platform.cli.planted", "clearway_testing.server"),
    Breach("tests-stay-outside", "clearway_incidents.planted", "clearway_demo.theatre"),
]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed modules and the contracts, in a folder of their own."""
    folder = tmp_path_factory.mktemp("copied")
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for source in sources(ROOT):
        for file in source.rglob("*.py"):
            target = folder / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.read_text())
    return folder


def sources(folder: Path) -> list[Path]:
    return sorted(folder.glob("s*/*/src"))


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [
            sys.executable,
            "-c",
            command,
            "--config",
            str(folder / "pyproject.toml"),
            "--no-logo",
            "--no-cache",
            *options,
        ],
        cwd=folder,
        env={"PYTHONPATH": ":".join(map(str, sources(folder))), "PATH": "", "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_are_kept() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_copy_keeps_them_until_something_is_planted(copied: Path) -> None:
    result = lint_imports(copied)
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_contract_has_a_breach() -> None:
    assert {breach.contract for breach in BREACHES} == set(CONTRACTS)


def test_layers_leave_no_module_out() -> None:
    assert all(contract["exhaustive"] for contract in CONTRACTS.values() if "containers" in contract)


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_is_seen(copied: Path, breach: Breach) -> None:
    file = file_of(copied, breach.module)
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\nimport {breach.imported}\n")
    try:
        result = lint_imports(copied, "--contract", breach.contract)
    finally:
        file.write_text(before) if before is not None else file.unlink()

    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout
    assert breach.module in result.stdout or breach.contract == "no-cycles"


def file_of(folder: Path, module: str) -> Path:
    """The file of a module; a package's is its `__init__.py`."""
    package, *inside = module.split(".")
    [home] = (source / package for source in sources(folder) if (source / package).is_dir())
    place = home.joinpath(*inside)
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
