"""Who is given what is secret: the role that owns a database its migration, the key of webhooks' secrets
alerts, and the key that signs the audit incidents."""

from collections.abc import Callable
from typing import Any

import pytest
from deploy.topology import read

TOPOLOGY = read()
SERVICES = tuple(TOPOLOGY.services)
Resources = Callable[[str], dict[str, dict[str, Any]]]


def test_compose_gives_the_role_that_owns_a_database_to_its_migration_alone(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        used = [secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", ())]
        owners = [secret for secret in used if "_owner_" in secret or secret == "keys_writer_database_url"]
        if name == "postgres":
            assert owners == [row.passwords[0] for row in TOPOLOGY.stored]
        elif name in {f"{row.name}-schema" for row in TOPOLOGY.stored}:
            assert owners == [f"{name.removesuffix('-schema')}_owner_database_url"]
        else:
            assert owners == (["keys_writer_database_url"] if name == "keys" else []), name


def test_the_key_of_secrets_is_given_to_alerts_alone(compose: dict[str, Any], resources: Resources) -> None:
    given = {"source": "alerts_secrets_key", "target": "CLEARWAY_SECRETS_KEY"}
    holders = {name for name, service in compose["services"].items() if "secrets_key" in str(service)}
    assert holders == {"alerts"}
    assert given in compose["services"]["alerts"]["secrets"]
    required = {}
    for name in SERVICES:
        pod = resources("Deployment")[name]["spec"]["template"]["spec"]
        [sources] = [volume["projected"]["sources"] for volume in pod["volumes"] if volume["name"] == "secrets"]
        [own] = [source["secret"] for source in sources if source["secret"]["name"] == f"{name}-settings"]
        required[name] = not own.get("optional", False)
    assert required == {name: name in {"alerts", "incidents"} for name in SERVICES}


def test_the_key_that_signs_checkpoints_is_given_to_incidents_alone(compose: dict[str, Any]) -> None:
    given = {"source": "incidents_audit_signing_key", "target": "CLEARWAY_AUDIT_SIGNING_KEY"}
    holders = {name for name, service in compose["services"].items() if "signing_key" in str(service)}
    assert holders == {"incidents"}
    assert given in compose["services"]["incidents"]["secrets"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_role_that_owns_a_database_is_for_its_migration_alone(resources: Resources, service: str) -> None:
    pod = resources("Deployment")[service]["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    stored = TOPOLOGY.services[service].database
    mounted = {
        container["name"]: {item["name"] for item in container["volumeMounts"]} & {"owner", "secrets"}
        for container in [*pod.get("initContainers", []), *pod["containers"]]
    }
    assert mounted.pop("schema", None) == ({"owner"} if stored else None)
    assert all(names == {"secrets"} for names in mounted.values())
    assert ("owner" in volumes) == stored
    holding = {name for name, volume in volumes.items() if "owner-database" in str(volume)}
    assert holding == ({"owner"} if stored else set())
