"""The edge's routes come from the services, and drift is seen."""

from pathlib import Path

import yaml

from clearway_platform.process.edge import caddy_routes, differences, ingress

ROUTES = {"alerts": ("/v1/subscriptions", "/v1/alerts"), "incidents": ("/v1/incidents",)}


def test_a_service_gets_its_segments_and_nothing_longer() -> None:
    text = caddy_routes(ROUTES)
    assert "@alerts path /v1/subscriptions /v1/subscriptions/* /v1/alerts /v1/alerts/* /openapi/alerts.json\n" in text
    assert "@incidents path /v1/incidents /v1/incidents/* /openapi/incidents.json\n" in text
    assert "reverse_proxy incidents:8080" in text


def test_the_documentation_comes_from_whichever_service_answers() -> None:
    text = caddy_routes(ROUTES)
    assert "@documentation path / /docs /docs/* /openapi.json /asyncapi.json /problems /problems/*\n" in text
    assert "reverse_proxy alerts:8080 incidents:8080 {\n\t\tlb_policy first\n" in text


def test_the_ingress_gives_each_segment_to_its_service() -> None:
    service, routes = yaml.safe_load_all(ingress(ROUTES))
    assert service["spec"]["selector"] == {"app.kubernetes.io/component": "service"}
    [rule] = routes["spec"]["rules"]
    found = {(path["path"], path["pathType"], path["backend"]["service"]["name"]) for path in rule["http"]["paths"]}
    assert found == {
        ("/v1/subscriptions", "Prefix", "alerts"),
        ("/v1/alerts", "Prefix", "alerts"),
        ("/openapi/alerts.json", "Exact", "alerts"),
        ("/v1/incidents", "Prefix", "incidents"),
        ("/openapi/incidents.json", "Exact", "incidents"),
        ("/", "Exact", "documentation"),
        ("/docs", "Prefix", "documentation"),
        ("/openapi.json", "Exact", "documentation"),
        ("/asyncapi.json", "Exact", "documentation"),
        ("/problems", "Prefix", "documentation"),
    }


def test_a_stale_or_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("as written")
    (tmp_path / "stale").write_text("as written before")
    documents = {Path(name): "as written" for name in ("same", "stale", "missing")}
    assert differences(documents, tmp_path) == [Path("stale"), Path("missing")]
