"""The image, the compose file and the manifests: valid, of one mind, and no wider open than they need to be."""

import re
import subprocess
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from itertools import accumulate
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner
from deploy.topology import read

TOPOLOGY = read()
SERVICES = tuple(TOPOLOGY.services)
Resources = Callable[[str], dict[str, dict[str, Any]]]
Manifests = dict[str, list[dict[str, Any]]]


def test_the_image_copies_only_what_exists(root: Path) -> None:
    for service in SERVICES:
        copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", (root / "Dockerfile").read_text(), re.M)
        assert copied
        missing = [path for path in copied if not (root / path.replace("${SERVICE}", service)).exists()]
        assert missing == []


def test_the_image_gets_only_what_it_copies(root: Path) -> None:
    """The build's context is closed, and opened for what the Dockerfile copies."""
    rules = (root / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", (root / "Dockerfile").read_text(), re.M)
    assert "*" in rules
    assert {f"!{path.split('/')[0]}" for path in copied} == {rule for rule in rules if rule.startswith("!")}


def sent(root: Path) -> list[str]:
    """The files under version control that the build's context sends, by the last rule that names each."""
    rules = (root / ".dockerignore").read_text().splitlines()
    command = ["git", "-c", "safe.directory=*", "ls-files"]
    files = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    return [file for file in files if is_sent(file, [rule for rule in rules if rule and not rule.startswith("#")])]


def is_sent(file: str, rules: list[str]) -> bool:
    """Whether the last rule that names the file, or a folder above it, lets it in."""
    parts = file.split("/")
    names = [*accumulate(parts, "{}/{}".format), *(f"**/{part}" for part in parts)]
    last = [rule for rule in rules if any(fnmatch(name, rule.removeprefix("!")) for name in names)]
    return last[-1].startswith("!") if last else True


def test_tests_and_demo_are_in_no_image(root: Path) -> None:
    shared = {file.split("/")[1] for file in sent(root) if file.startswith("shared/")}
    copied = set(re.findall(r"^COPY shared/?(\S*) ", (root / "Dockerfile").read_text(), re.M))

    assert shared == copied == {"contracts", "platform"}
    assert {file.split("/")[0] for file in sent(root)} >= {"shared", "services"}
    assert not any(file.startswith(("tests/", "benchmarks/", "docs/")) for file in sent(root))


def test_an_image_can_answer_with_every_document(root: Path) -> None:
    package = root / "shared/contracts/src/clearway_contracts"
    documents = [package / "openapi.json", package / "asyncapi.json", *(package / "schemas").glob("*.json")]

    assert len(documents) > 20
    assert {str(document.relative_to(root)) for document in documents} <= set(sent(root))


def stages(root: Path) -> dict[str, str]:
    """The stages of the image by name, each with those that it stands on."""
    found: dict[str, str] = {}
    for stage in (root / "Dockerfile").read_text().split("\nFROM ")[1:]:
        base, _, name = stage.splitlines()[0].split()
        found[name] = found.get(base, "") + stage
    return found


@pytest.mark.parametrize("name", ["service", "all-in-one"])
def test_the_image_does_not_run_as_root(root: Path, name: str) -> None:
    image = stages(root)[name]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", image, re.M)
    assert not re.search(r"^USER (root|0)\b", image, re.M)
    assert re.search(r"^HEALTHCHECK ", image, re.M)


def test_an_image_takes_over_nothing_that_only_installs(root: Path) -> None:
    for name in ("service", "all-in-one"):
        assert not re.search(r"\bpip\b|/opt/builder", stages(root)[name]), name
        assert re.findall(r"^COPY (.+)$", stages(root)[name], re.M)[-1].endswith("/opt/clearway /opt/clearway")


def test_what_is_built_when_no_stage_is_named_is_a_service(root: Path) -> None:
    assert list(stages(root))[-1] == "service"


def test_the_compose_file_is_valid(root: Path) -> None:
    arguments = ["--builtin-schema", "vendor.compose-spec", str(root / "docker-compose.yml")]
    result = CliRunner().invoke(check_jsonschema, arguments)
    assert result.exit_code == 0, result.output


def test_compose_gives_each_service_its_own_database_and_nothing_of_another(compose: dict[str, Any]) -> None:
    for service in SERVICES:
        environment = compose["services"][service]["environment"]
        databases = {name for name in environment if name.endswith("_DATABASE_URL")}
        assert databases == set(TOPOLOGY.services[service].databases)
        assert environment["CLEARWAY_KEYS_DATABASE_URL"].startswith("postgresql://keys_reader:")


def test_compose_is_reached_from_this_machine_alone(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_password_of_compose_is_in_the_example(root: Path) -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", (root / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^([A-Z_]+)=", (root / "deploy/example.env").read_text(), re.M))
    assert asked == given


def test_kustomize_lists_every_manifest_once(manifests: Manifests) -> None:
    listed = manifests["kustomization.yaml"][0]["resources"]
    assert sorted(listed) == sorted(manifests.keys() - {"kustomization.yaml"})


def test_the_manifests_are_valid(manifests: Manifests) -> None:
    for name, documents in manifests.items():
        for document in documents if name != "kustomization.yaml" else ():
            kubernetes_validate.validate(document, desired_version="1.37", strict=True)


def pods(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("Deployment", "Job"):
        for name, resource in resources(kind).items():
            yield name, resource["spec"]["template"]["spec"]


def test_every_pod_fits_the_restricted_profile(resources: Resources) -> None:
    for name, pod in pods(resources):
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name


def test_every_service_is_probed_and_may_be_drained(resources: Resources) -> None:
    assert resources("Deployment").keys() == {*SERVICES, "keys"}
    assert resources("Service").keys() == {*SERVICES, "documentation", "closed"}
    assert resources("PodDisruptionBudget").keys() == set(SERVICES)
    for service in SERVICES:
        [container] = resources("Deployment")[service]["spec"]["template"]["spec"]["containers"]
        assert container["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}


def test_selectors_find_their_pods(resources: Resources) -> None:
    for name, deployment in resources("Deployment").items():
        labels = deployment["spec"]["template"]["metadata"]["labels"].items()
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels
        if name not in SERVICES:
            continue
        assert resources("Service")[name]["spec"]["selector"].items() <= labels
        assert resources("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"].items() <= labels


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_opens_its_own_database_and_nothing_of_another(resources: Resources, service: str) -> None:
    pod = resources("Deployment")[service]["spec"]["template"]["spec"]
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        opened = {
            variable["name"]: variable["valueFrom"]["secretKeyRef"]["name"] for variable in container.get("env", [])
        }
        assert opened.items() <= {
            (f"CLEARWAY_{service.upper()}_DATABASE_URL", f"{service}-database"),
            ("CLEARWAY_KEYS_DATABASE_URL", "keys-reader-database"),
        }


def test_no_manifest_holds_a_secret(manifests: Manifests) -> None:
    assert not [document for documents in manifests.values() for document in documents if document["kind"] == "Secret"]


def test_all_traffic_is_closed_until_it_is_opened(resources: Resources) -> None:
    assert resources("NetworkPolicy")["closed"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_the_pod_of_keys_may_write_keys(resources: Resources) -> None:
    """And nothing reaches it: it has no address, and the policy that lets requests in is for services."""
    writers = {name for name, pod in pods(resources) if "keys-writer-database" in str(pod)}
    assert writers == {"keys"}
    [container] = resources("Deployment")["keys"]["spec"]["template"]["spec"]["containers"]
    assert "ports" not in container
    labels = resources("Deployment")["keys"]["spec"]["template"]["metadata"]["labels"]
    [requests] = [
        policy["spec"]["podSelector"]["matchLabels"]
        for policy in resources("NetworkPolicy").values()
        if "Ingress" in policy["spec"]["policyTypes"] and policy["spec"].get("ingress")
    ]
    assert not requests.items() <= labels.items()


def test_services_reach_what_the_settings_can_name(resources: Resources) -> None:
    """PostgreSQL; Kafka in the clear, with TLS, and with TLS and a password; a collector of traces."""
    opened = {
        port["port"]
        for name in ("names-database-and-broker", "traces")
        for rule in resources("NetworkPolicy")[name]["spec"]["egress"]
        for port in rule["ports"]
    }
    assert opened == {53, 5432, 9092, 9093, 9094, 9096, 4318}
