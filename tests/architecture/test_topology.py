"""The table of the deployment, the services and all files that are written by hand are of one mind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from deploy.topology import Deployed, Topology, differences, read

from clearway_platform.service import installed_services
from clearway_testing.platforms import SERVICES

TOPOLOGY: Final = read()
ROWS: Final = tuple(TOPOLOGY.services.values())
Resources = Callable[[str], dict[str, dict[str, Any]]]

every_service = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def test_the_table_is_that_of_the_services() -> None:
    assert list(differences(TOPOLOGY, installed_services().values())) == []
    assert set(SERVICES) == set(TOPOLOGY.services)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mounts": ("/v1/alerts",)}, "alerts mounts "),
        ({"database": False}, "alerts has a database"),
        ({"settings": ("CLEARWAY_ALERTS",)}, "alerts has no setting CLEARWAY_ALERTS"),
        ({"secret_settings": ("CLEARWAY_ALARMS",)}, "alerts has no setting CLEARWAY_ALARMS"),
        ({"name": "others"}, "others is in the table and not installed"),
    ],
)
def test_a_difference_is_said(change: dict[str, Any], said: str) -> None:
    changed = replace(TOPOLOGY.services["alerts"], **change)
    table = Topology(TOPOLOGY.port, {**TOPOLOGY.services, changed.name: changed})
    found = list(differences(table, installed_services().values()))
    assert [sentence for sentence in found if sentence.startswith(said)], found


@every_service
def test_compose_runs_it_as_the_table_says(row: Deployed, compose: dict[str, Any]) -> None:
    service = compose["services"][row.name]
    assert service["image"] == row.image
    assert service["build"]["args"]["SERVICE"] == row.name
    targets = {secret["target"] for secret in service["secrets"] if "target" in secret}
    assert targets == {*row.databases, *row.secret_settings}
    assert set(row.settings) <= service["environment"].keys()
    assert (f"{row.name}-schema" in compose["services"]) == row.database
    assert row.name in compose["services"]["edge"]["depends_on"]
    assert needs(row.name, compose) >= set(row.needs)


def needs(name: str, compose: dict[str, Any]) -> set[str]:
    """What a service waits for, and what that waits for."""
    direct = set(compose["services"][name].get("depends_on", {}))
    return direct.union(*(needs(other, compose) for other in direct))


def test_compose_runs_no_other_service(compose: dict[str, Any]) -> None:
    built = {service["build"]["args"]["SERVICE"] for service in compose["services"].values() if "build" in service}
    assert built == set(TOPOLOGY.services)


@every_service
def test_kubernetes_runs_it_as_the_table_says(row: Deployed, resources: Resources) -> None:
    pod = resources("Deployment")[row.name]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["image"] == row.image
    assert container["command"] == ["clearway", "run", row.name]
    assert container["resources"]["limits"]["memory"] == row.memory
    assert [port["containerPort"] for port in container["ports"]] == [TOPOLOGY.port]
    assert [port["port"] for port in resources("Service")[row.name]["spec"]["ports"]] == [TOPOLOGY.port]
    assert {item["name"] for item in container["volumeMounts"]} == {"scratch", "secrets", "authorities"}
    [files] = [volume["projected"]["sources"] for volume in pod["volumes"] if volume["name"] == "secrets"]
    given = {item["path"]: one["secret"]["name"] for one in files for item in one["secret"].get("items", ())}
    assert given == dict(zip(row.databases, row.secrets, strict=True))
    migrated = [task["command"] for task in pod.get("initContainers", ()) if task["name"] == "schema"]
    assert migrated == ([["clearway", "migrate", row.name]] if row.database else [])
    owners = [volume["projected"]["sources"] for volume in pod["volumes"] if volume["name"] == "owner"]
    owned = [{"key": "url", "path": row.databases[0]}]
    assert owners == ([[{"secret": {"name": row.owner_secret, "items": owned}}]] if row.database else [])


def test_kubernetes_runs_no_other_service(resources: Resources) -> None:
    assert resources("Deployment").keys() - {"keys"} == TOPOLOGY.services.keys()


@every_service
def test_its_password_and_its_image_have_a_place(row: Deployed, root: Path) -> None:
    made = re.findall(r"^service (\w+)$", (root / "deploy/secrets.sh").read_text(), re.M)
    assert (row.name in made) == row.database
    assert (root / "services" / row.name / "pyproject.toml").is_file()


def test_the_metrics_of_every_service_are_collected_as_documented(root: Path) -> None:
    [targets] = re.findall(r"- targets: (\[.+\])", (root / "docs/operations.md").read_text())
    assert set(json.loads(targets)) == {f"{name}:{TOPOLOGY.port}" for name in TOPOLOGY.services}


@every_service
def test_the_platform_names_no_service(row: Deployed, root: Path) -> None:
    """Keys, tickets and the audit are the exception: they are for all services, and one answers at their paths."""
    of_all = ("/", "/v1/audit", "/v1/keys", "/v1/session", "/v1/stream-tickets")
    words = [rf"{re.escape(mount)}(?![\w-])" for mount in row.mounts if mount not in of_all]
    named = re.compile("|".join([rf"\b{row.name}\b", *words]))
    files = (root / "shared/platform").rglob("*.py")
    assert [f"{file.name}: {found[0]}" for file in files for found in named.finditer(file.read_text())] == []
