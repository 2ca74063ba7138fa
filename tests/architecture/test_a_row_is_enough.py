"""A row of the table of the deployment is all that compose and Kubernetes need of a new service."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from deploy.compose import with_services
from deploy.databases import with_databases, with_passwords
from deploy.kubernetes import manifests, with_images
from deploy.parts import BEGIN, END, with_parts
from deploy.topology import Deployed, Topology, read

NOTES = Deployed(
    *("notes", ("/v1/notes",), True, "256Mi", ("kafka", "postgres")),
    settings=("CLEARWAY_NOTE_LENGTH",),
    secret_settings=("CLEARWAY_NOTE_KEY",),
    files="CLEARWAY_NOTE_FOLDER",
)
# Without a database and without events.
PAGE = Deployed("page", ("/",), False, "128Mi", (), (), ())
TOPOLOGY = Topology(8080, {**read().services, "notes": NOTES, "page": PAGE})


@pytest.fixture
def services(root: Path) -> dict[str, Any]:
    written = with_services((root / "docker-compose.yml").read_text(), TOPOLOGY)
    services: dict[str, Any] = yaml.safe_load(written)["services"]
    return services


def test_compose_migrates_and_runs_it(services: dict[str, Any]) -> None:
    task, notes = services["notes-schema"], services["notes"]
    assert task["command"] == ["clearway", "migrate", "notes"]
    assert task["build"] == notes["build"]
    assert notes["image"] == "clearway-notes"
    assert notes["environment"].items() - services["page"]["environment"].items() == {
        # From the shell or .env; empty is the service's own default.
        ("CLEARWAY_NOTE_LENGTH", "${CLEARWAY_NOTE_LENGTH:-}"),
        ("CLEARWAY_NOTE_FOLDER", "${CLEARWAY_NOTE_FOLDER:-/var/lib/clearway-files}"),
    }
    assert notes["volumes"] == ["notes-files:/var/lib/clearway-files"]
    assert "volumes" not in services["page"]
    database = "CLEARWAY_NOTES_DATABASE_URL"
    assert task["secrets"] == [{"source": "ca.crt"}, {"source": "notes_owner_database_url", "target": database}]
    assert {"source": "notes_database_url", "target": database} in notes["secrets"]
    assert {"source": "notes_note_key", "target": "CLEARWAY_NOTE_KEY"} in notes["secrets"]
    assert notes["depends_on"].keys() == {"notes-schema", "keys", "topics"}
    assert "notes" in services["edge"]["depends_on"]
    assert {"notes_password", "notes_owner_password"} <= set(services["postgres"]["secrets"])


def test_compose_runs_a_service_without_a_database(services: dict[str, Any]) -> None:
    assert "page-schema" not in services
    assert services["page"]["build"]["args"]["SERVICE"] == "page"
    assert services["page"]["depends_on"].keys() == {"keys"}
    assert not {"page_password", "page_owner_password"} & set(services["postgres"]["secrets"])
    assert [secret.get("target") for secret in services["page"]["secrets"]] == [None, "CLEARWAY_KEYS_DATABASE_URL"]


def test_its_manifest_is_valid_and_opens_what_its_row_says() -> None:
    pods = {}
    for file, text in manifests(TOPOLOGY).items():
        documents = list(yaml.safe_load_all(text))
        for document in documents:
            kubernetes_validate.validate(document, desired_version="1.37", strict=True)
        pods[file] = documents[-1]["spec"]["template"]["spec"]
    notes, page = pods["notes.yaml"], pods["page.yaml"]
    assert [task["name"] for task in notes["initContainers"]] == ["topics", "schema"]
    assert secrets_of(notes) == list(NOTES.databases)
    assert secrets_of(notes, "owner") == ["CLEARWAY_NOTES_DATABASE_URL"]
    assert "initContainers" not in page
    assert secrets_of(page) == ["CLEARWAY_KEYS_DATABASE_URL"]
    assert page["containers"][0]["resources"]["limits"] == {"memory": "128Mi"}


def secrets_of(pod: dict[str, Any], volume: str = "secrets") -> list[str]:
    """The settings that the pod gets as files."""
    [sources] = [one["projected"]["sources"] for one in pod["volumes"] if one["name"] == volume]
    return [item["path"] for source in sources for item in source["secret"].get("items", ())]


def test_kustomize_lists_it_at_the_version(root: Path) -> None:
    listed = yaml.safe_load(with_images((root / "deploy/k8s/base/kustomization.yaml").read_text(), TOPOLOGY, "0.9.0"))
    assert {"notes.yaml", "page.yaml", "keys.yaml"} <= set(listed["resources"])
    assert {"name": "clearway-notes", "newTag": "0.9.0"} in listed["images"]


def test_it_gets_a_database_and_a_password_where_it_stores(root: Path) -> None:
    script = with_databases((root / "deploy/postgres/init.sh").read_text(), TOPOLOGY)
    secrets = with_passwords((root / "deploy/secrets.sh").read_text(), TOPOLOGY)
    assert "\nservice notes\n" in script
    assert "\nservice notes\n" in secrets
    assert "page" not in script.lower() + secrets.lower()


def test_a_part_that_is_not_marked_is_no_part_of_the_file() -> None:
    marked = f"first\n  {BEGIN}\n  old\n  {END}\nlast\n"
    assert with_parts(marked, "  new\n") == marked.replace("old", "new")
    for text in ("first\n", marked * 2, marked.replace(END, "")):
        with pytest.raises(ValueError, match="are marked"):
            with_parts(text, "  new\n")
