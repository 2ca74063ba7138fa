"""The routes of the edge and of the ingress come from the table of services, and drift is seen."""

from pathlib import Path

import yaml
from deploy.__main__ import stale
from deploy.edge_routes import caddy_routes, ingress
from deploy.topology import Deployed, Topology


def topology(**mounts: tuple[str, ...]) -> Topology:
    return Topology(8080, {name: Deployed(name, paths, True, "1Gi", (), (), ()) for name, paths in mounts.items()})


TWO = topology(alerts=("/v1/subscriptions", "/v1/alerts"), incidents=("/v1/incidents",))


def test_a_service_gets_its_segments_and_nothing_longer() -> None:
    text = caddy_routes(TWO)
    assert "@alerts path /v1/subscriptions /v1/subscriptions/* /v1/alerts /v1/alerts/* /openapi/alerts.json\n" in text
    assert "@incidents path /v1/incidents /v1/incidents/* /openapi/incidents.json\n" in text
    assert "reverse_proxy incidents:8080" in text


def test_the_documentation_comes_from_whichever_service_answers() -> None:
    text = caddy_routes(TWO)
    assert "@documentation path / /about /docs /docs/* /openapi.json /asyncapi.json /problems /problems/*\n" in text
    assert "reverse_proxy alerts:8080 incidents:8080 {\n\t\tlb_policy first\n" in text


def paths_of(table: Topology) -> set[tuple[str, str, str]]:
    service, closed, routes = yaml.safe_load_all(ingress(table))
    assert "selector" not in closed["spec"]
    assert service["spec"]["selector"] == {"app.kubernetes.io/component": "service"}
    [rule] = routes["spec"]["rules"]
    return {(path["path"], path["pathType"], path["backend"]["service"]["name"]) for path in rule["http"]["paths"]}


def test_the_ingress_gives_each_segment_to_its_service() -> None:
    assert paths_of(TWO) == {
        ("/v1/subscriptions", "Prefix", "alerts"),
        ("/v1/alerts", "Prefix", "alerts"),
        ("/openapi/alerts.json", "Exact", "alerts"),
        ("/v1/incidents", "Prefix", "incidents"),
        ("/openapi/incidents.json", "Exact", "incidents"),
        ("/", "Exact", "documentation"),
        ("/about", "Exact", "documentation"),
        ("/docs", "Prefix", "documentation"),
        ("/openapi.json", "Exact", "documentation"),
        ("/asyncapi.json", "Exact", "documentation"),
        ("/problems", "Prefix", "documentation"),
    }


def test_a_service_that_mounts_the_root_answers_what_nobody_else_does() -> None:
    table = topology(incidents=("/v1/incidents",), notices=("/", "/v1/notices"))
    text = caddy_routes(table)
    assert "@notices path /v1/notices /v1/notices/* /openapi/notices.json\n" in text
    assert "@documentation path /about /docs " in text
    assert text.index("@notices_page not path /v1 /v1/* /healthz ") > text.index("@documentation")
    assert ("/", "Prefix", "notices") in paths_of(table)
    assert ("/metrics", "Prefix", "closed") in paths_of(table)
    assert ("/", "Exact", "documentation") not in paths_of(table)


def test_a_stale_or_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("as written")
    (tmp_path / "stale").write_text("as written before")
    documents = {Path(name): "as written" for name in ("same", "stale", "missing")}
    assert stale(documents, tmp_path) == [Path("stale"), Path("missing")]
