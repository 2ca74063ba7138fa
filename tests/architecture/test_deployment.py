"""The image, the compose file and the manifests: valid, of one mind, and no wider open than they need to be."""

import re
import shutil
import ssl
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from io import StringIO
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner
from deploy.images import FILES, unpinned, with_digests
from deploy.images import main as images
from deploy.topology import read

from clearway_alerts.sealing.keys import parse
from clearway_platform.log.kafka.address import KafkaAddress

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
        secrets = compose["services"][service]["secrets"]
        given = {secret["target"]: secret["source"] for secret in secrets if "target" in secret}
        row = TOPOLOGY.services[service]
        assert given.keys() == {*row.databases, *row.secret_settings}
        assert given.pop("CLEARWAY_KEYS_DATABASE_URL") == "keys_reader_database_url"
        assert set(given.values()) <= {f"{service}_database_url", *row.secret_files.values()}


def test_compose_is_reached_from_this_machine_alone(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.fixture
def secrets(root: Path, tmp_path: Path) -> Path:
    """The files that `deploy/secrets.sh` makes."""
    (tmp_path / "deploy").mkdir()
    shutil.copy2(root / "deploy/secrets.sh", tmp_path / "deploy")
    for _ in range(2):
        subprocess.run(["deploy/secrets.sh"], cwd=tmp_path, check=True, timeout=60)
    return tmp_path / "deploy/secrets"


def test_every_secret_of_compose_is_made_as_a_file(secrets: Path, compose: dict[str, Any]) -> None:
    made = {path.name: path.read_text() for path in secrets.iterdir()}
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE((secrets / "ca.key").stat().st_mode) == 0o400
    files = {name: file["file"] for name, file in compose["secrets"].items()}
    assert files == {name: f"deploy/secrets/{name}" for name in files}
    assert files.keys() <= made.keys()
    assert "ca.key" not in files
    passwords = [text.strip() for name, text in made.items() if name.endswith("_password")]
    assert len(set(passwords)) == len(passwords) == 2 * len(TOPOLOGY.stored) + 3
    assert min(map(len, passwords)) >= 48
    for name, text in made.items():
        if name.endswith("_database_url"):
            assert "sslmode=verify-full&sslrootcert=/run/secrets/ca.crt" in text
            assert made[f"{urlsplit(text).username}_password"].strip() == urlsplit(text).password
    assert len(parse(made["alerts_secrets_key"], "the key")) == 1
    for service in compose["services"].values():
        used = {secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", ())}
        assert used <= files.keys()


def test_a_second_run_keeps_what_is_there_and_takes_over_an_earlier_env(root: Path, secrets: Path) -> None:
    before = {path.name: path.read_text() for path in secrets.iterdir()}
    (secrets / "alerts_password").unlink()
    (secrets.parents[1] / ".env").write_text("ALERTS_PASSWORD=from-before\nKEYS_READER_PASSWORD=other\n")
    subprocess.run(["deploy/secrets.sh"], cwd=secrets.parents[1], check=True, timeout=60)
    after = {path.name: path.read_text() for path in secrets.iterdir()}
    assert after.keys() == before.keys()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"alerts_password", "alerts_database_url"}
    assert "alerts:from-before@" in after["alerts_database_url"]


@pytest.mark.parametrize("host", ["postgres", "kafka"])
def test_a_server_proves_its_name_to_a_client_that_knows_the_authority(secrets: Path, host: str) -> None:
    """As strict as Python 3.13 and newer are by themselves."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=secrets / "ca.crt")
    server.load_cert_chain(secrets / f"{host}.pem")
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    shake_hands(server, client, host)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(server, client, "another")


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> None:
    """Raises SSLError when the client does not trust the server."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=host)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for side in (asking, answering):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    assert asking.version() == "TLSv1.3"


def test_compose_asks_for_tls_and_keeps_passwords_out_of_variables(compose: dict[str, Any]) -> None:
    kafka = compose["services"]["kafka"]["environment"]
    assert kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"] == "SECURED:SSL,CONTROLLER:PLAINTEXT"
    assert kafka["KAFKA_LISTENERS"] == "SECURED://:9092,CONTROLLER://localhost:9093"
    assert "--ssl=on" in compose["services"]["postgres"]["command"]
    for name, service in compose["services"].items():
        environment = service.get("environment", {})
        assert "security_protocol=SSL&cafile=" in environment.get(
            "CLEARWAY_BROKER_URL", "security_protocol=SSL&cafile="
        )
        assert [key for key in environment if re.search(r"PASSWORD(?!_FILE)|_DATABASE_URL", key)] == [], name


def test_every_published_image_is_named_by_digest(root: Path) -> None:
    for file in FILES:
        text = (root / file).read_text()
        assert list(unpinned(text)) == []
        bare = re.sub(r"@sha256:[0-9a-f]{64}", "", text)
        assert len(list(unpinned(bare))) == {"Dockerfile": 1, "docker-compose.yml": 3}[file.name]
        assert list(unpinned(with_digests(bare, lambda _: f"sha256:{'0' * 64}"))) == []


def test_an_overlay_without_digests_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = (root / "deploy/k8s/base/alerts.yaml").read_text()
    pinned = manifest.replace(
        "image: clearway-alerts", f"image: registry.example.org/clearway-alerts@sha256:{'0' * 64}"
    )
    for text, code in ((manifest, 1), (pinned, 0)):
        monkeypatch.setattr("sys.stdin", StringIO(text))
        assert images(["--check", "-"]) == code


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
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz/api", "port": "http"}


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
    [sources] = [volume["projected"]["sources"] for volume in pod["volumes"] if volume["name"] == "secrets"]
    names = [source["secret"]["name"] for source in sources]
    assert set(names) <= {f"{service}-database", f"{service}-settings", "keys-reader-database", "clearway"}


def test_no_secret_is_a_variable(resources: Resources) -> None:
    for name, pod in pods(resources):
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert "env" not in container, name
            assert container["envFrom"] == [{"configMapRef": {"name": "clearway"}}], name
            mounted = {item["mountPath"]: item for item in container["volumeMounts"]}
            secrets, authorities = mounted["/etc/clearway/secrets"], mounted["/etc/clearway/authorities"]
            assert secrets["readOnly"] is authorities["readOnly"] is True


def test_kafka_and_postgresql_must_prove_themselves(resources: Resources) -> None:
    given = resources("ConfigMap")["clearway"]["data"]
    assert given["PGSSLMODE"] == "verify-full"
    address = KafkaAddress.parse(given["CLEARWAY_BROKER_URL"])
    assert address.security_protocol == "SSL"
    folder = "/etc/clearway/authorities"
    assert {given["PGSSLROOTCERT"], address.cafile} == {f"{folder}/postgresql.crt", f"{folder}/kafka.crt"}
    for name, pod in pods(resources):
        [sources] = [volume["projected"]["sources"] for volume in pod["volumes"] if volume["name"] == "authorities"]
        files = {item["path"] for source in sources for item in source["secret"]["items"]}
        assert files == {"postgresql.crt"} | ({"kafka.crt"} if name in SERVICES else set()), name


def test_the_ingress_speaks_tls(resources: Resources) -> None:
    ingress = resources("Ingress")["clearway"]
    [rule], [tls] = ingress["spec"]["rules"], ingress["spec"]["tls"]
    assert tls == {"hosts": [rule["host"]], "secretName": "clearway-tls"}
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/force-ssl-redirect"] == "true"


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


def test_each_pod_reaches_what_it_needs_and_nothing_else(resources: Resources) -> None:
    """Names and PostgreSQL; services also Kafka with TLS and a collector of traces; alerts also the public network."""
    every: dict[str, str] = {}
    service, alerts = {"app.kubernetes.io/component": "service"}, {"app.kubernetes.io/name": "alerts"}
    opened = {
        name: (
            policy["spec"]["podSelector"].get("matchLabels", {}),
            {place for rule in policy["spec"]["egress"] for place in places(rule)},
            {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]},
        )
        for name, policy in resources("NetworkPolicy").items()
        if policy["spec"].get("egress")
    }
    assert opened == {
        "names": (every, {"kube-system"}, {53}),
        "database": (every, {"postgresql"}, {5432}),
        "broker": (service, {"kafka"}, {9093}),
        "traces": (service, {"monitoring"}, {4318}),
        "webhooks": (alerts, {"0.0.0.0/0", "2000::/3"}, {443}),
    }


def places(rule: dict[str, Any]) -> Iterator[str]:
    """The namespaces and networks that a rule opens. A rule without `to` opens all of them."""
    for place in rule["to"]:
        if "ipBlock" in place:
            yield place["ipBlock"]["cidr"]
        else:
            yield place["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
