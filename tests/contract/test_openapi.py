"""The OpenAPI documents are clean in the judgement of the linters, read well, and TypeScript can be made of them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clearway_platform.auth.permissions import PLATFORM
from clearway_platform.service import installed_services, permissions_of
from clearway_platform.web.joined import Clash, join
from clearway_testing.openapi_lint import documents, lint, run
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.tools import npm_tools

ROOT = Path(__file__).parents[2]
JOINED = ROOT / "shared/contracts/src/clearway_contracts/openapi.json"
DOCUMENTS = {"joined": JOINED} | {path.parent.name: path for path in sorted(ROOT.glob("services/*/openapi.json"))}


@pytest.fixture(scope="module")
def tools() -> Path:
    with skipped_when_unavailable():
        return npm_tools(Path(__file__).parent / "openapi")


def test_the_linters_find_nothing(tools: Path) -> None:
    for done in lint(tools, documents()).values():
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in done.stdout.replace("0 warnings", "").lower()


def test_the_linters_would_have_said_so(tools: Path, tmp_path: Path) -> None:
    document = read(JOINED)
    del document["paths"]["/v1/incidents"]["post"]["operationId"]
    broken = tmp_path / "openapi.json"
    broken.write_text(json.dumps(document))

    assert {name for name, done in lint(tools, [broken]).items() if done.returncode} == {"spectral", "redocly"}


def break_id(paths: dict[str, Any]) -> None:
    paths["/v1/incidents"]["get"]["operationId"] = "listIncidents"


def break_condition(paths: dict[str, Any]) -> None:
    del paths["/v1/routes/{route_id}"]["delete"]["responses"]["428"]


def break_address(paths: dict[str, Any]) -> None:
    paths["/v1/incident_imports"] = paths.pop("/v1/incident-imports")


def break_problems(paths: dict[str, Any]) -> None:
    del paths["/v1/incidents"]["get"]["responses"]["default"]


def break_reference(paths: dict[str, Any]) -> None:
    parameters = paths["/v1/alerts"]["get"]["parameters"]
    next(parameter for parameter in parameters if parameter["name"] == "incident_id")["name"] = "incident"


@pytest.mark.parametrize(
    ("breach", "rule"),
    [
        (break_id, "clearway-operation-id"),
        (break_condition, "clearway-seen"),
        (break_address, "clearway-addresses"),
        (break_problems, "clearway-problems-default"),
        (break_reference, "clearway-ids"),
    ],
)
def test_the_projects_own_rules_are_kept(
    tools: Path, tmp_path: Path, breach: Callable[[dict[str, Any]], None], rule: str
) -> None:
    document = read(JOINED)
    breach(document["paths"])
    broken = tmp_path / "openapi.json"
    broken.write_text(json.dumps(document))
    done = run(tools, "spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "error", str(broken))
    assert (done.returncode != 0, rule in done.stdout) == (True, True), done.stdout


def test_typescript_is_made_of_it_and_compiles(tools: Path) -> None:
    made = run(tools, "openapi-typescript", str(JOINED), "--output", "clearway.d.ts")
    assert made.returncode == 0, made.stderr
    compiled = run(tools, "tsc", "--project", "tsconfig.json")
    assert compiled.returncode == 0, compiled.stdout


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_joined_document_is_that_of_the_services() -> None:
    services = {name: read(path) for name, path in DOCUMENTS.items() if name != "joined"}
    assert read(JOINED) == join(services, permissions_of(installed_services().values()))


def test_two_services_cannot_use_one_name_for_two_things() -> None:
    services = {name: read(path) for name, path in DOCUMENTS.items() if name != "joined"}
    services["alerts"]["components"]["schemas"]["Report"] = {"type": "string"}
    with pytest.raises(Clash, match="'Report'"):
        join(services, PLATFORM)


def test_no_fixed_word_stands_where_an_id_may() -> None:
    addresses = [path.split("/") for path in read(JOINED)["paths"]]
    clashes = [
        ("/".join(fixed), "/".join(other))
        for fixed in addresses
        for other in addresses
        for place, (word, part) in enumerate(zip(fixed, other, strict=False))
        if part.startswith("{") and not word.startswith("{") and fixed[:place] == other[:place]
    ]
    assert clashes == []


def test_every_operation_reads_as_a_call() -> None:
    found = [operation["operationId"] for _, operation in operations(read(JOINED))]
    assert len(found) == len(set(found))
    assert [name for name in found if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name)] == []


def test_every_name_is_plain_and_its_title() -> None:
    schemas = read(JOINED)["components"]["schemas"]
    assert [name for name in schemas if not re.fullmatch(r"([A-Z][a-z0-9]+)+", name)] == []
    assert {name: schema["title"] for name, schema in schemas.items()} == {name: name for name in schemas}


def test_every_tag_is_described_once_and_used() -> None:
    document = read(JOINED)
    described = [tag["name"] for tag in document["tags"] if tag["description"]]
    used = {tag for _, operation in operations(document) for tag in operation["tags"]}
    used |= {tag for hook in document["webhooks"].values() for tag in hook["post"]["tags"]}
    assert sorted(described) == sorted(used)


def test_a_change_of_what_exists_says_that_it_needs_what_was_seen() -> None:
    for name, operation in operations(read(JOINED)):
        conditions = [item for item in operation.get("parameters", ()) if item["name"] == "If-Match"]
        # A route is put under an id of the caller's choice: the first time there is nothing to have seen.
        assert all(item["required"] is (name != "PUT /v1/routes/{route_id}") for item in conditions), name
        if conditions:
            assert {"412", "428"} <= operation["responses"].keys(), name


# They change nothing that someone else could have changed meanwhile: ADR 0026 says why for each. What is recorded of a
# route is new, and leaves the route as it is; so does a photo with its incident, and it changes once: it is removed.
WITHOUT_REVISION = {
    "subscriptions.send_test",
    "subscriptions.challenge",
    "deliveries.resend",
    "deliveries.send_now",
    "alert_dead_letters.replay",
    "alert_dead_letters.discard",
    "incident_dead_letters.discard",
    "incident_dead_letters.replay",
    "route_dead_letters.replay",
    "route_dead_letters.discard",
    "clearances.record",
    "passes.record",
    "incidents.attach",
    "incidents.remove_attachment",
}


def test_every_change_of_what_exists_asks_for_what_was_seen() -> None:
    silent = {
        operation["operationId"]
        for name, operation in operations(read(JOINED))
        if not name.startswith("GET ") and "{" in name and "428" not in operation["responses"]
    }
    assert silent == WITHOUT_REVISION


def test_the_messages_of_webhooks_are_in_it() -> None:
    hooks = read(JOINED)["webhooks"]
    assert hooks.keys() == {"alert", "challenge", "digest", "test"}
    for hook in hooks.values():
        headers = {item["name"] for item in hook["post"]["parameters"] if item["in"] == "header" and item["required"]}
        assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}
        assert hook["post"]["security"] == []
