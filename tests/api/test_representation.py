"""How data is given: an ETag on every read, gzip where it saves, kept by no cache."""

import gzip
from typing import Any

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.codes import KINDS, Code

from .mission import Mission, await_that, made, report
from .operations import Operation, operations

READS = [operation for operation in operations() if operation.method == "GET" and not operation.streams]


@pytest.mark.parametrize("operation", READS, ids=str)
def test_what_is_known_is_not_sent_again(operation: Operation, north: Mission) -> None:
    request = operation.request(north.ids)
    with north.client() as client:
        answer = client.request(**request)
        again = client.request(**request, headers={"If-None-Match": answer.headers["etag"]})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == ("public, max-age=300" if operation.is_public else "no-store")
    # A risk is one of the moment at which it is asked for; the list of routes knows when it is the same to the reader.
    if not operation.of_the_moment:
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        assert "content-type" not in again.headers


def test_a_list_is_sent_again_when_it_has_changed(north: Mission) -> None:
    with north.client() as client:
        before = client.get("/v1/incidents").headers["etag"]
        made(client.post("/v1/incidents", json=report(north.mark)))
        after = client.get("/v1/incidents", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


def test_what_is_large_is_compressed(north: Mission) -> None:
    with north.client() as client:
        for _ in range(10):
            made(client.post("/v1/incidents", json=report(north.mark)))
        plain = client.get("/v1/incidents", headers={"Accept-Encoding": "identity"})
        with client.stream("GET", "/v1/incidents", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as packed:
            raw = b"".join(packed.iter_raw())
        refused = client.get("/v1/incidents", headers={"Accept-Encoding": "gzip;q=0"})
        small = client.get("/v1/incidents?limit=1", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(raw) < len(plain.content) / 4
    assert gzip.decompress(raw) == plain.content
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.headers["etag"] == plain.headers["etag"]
    assert "content-encoding" not in refused.headers
    assert "content-encoding" not in small.headers


def test_a_problem_has_a_stable_code_and_a_page(north: Mission, anyone: httpx.Client) -> None:
    with north.client() as client:
        problems = {
            answer.json()["code"]: answer
            for answer in (
                anyone.get("/v1/incidents"),
                anyone.get("/v1/incidents", headers={"Authorization": "Bearer cwk_nothing"}),
                anyone.get("/nothing"),
                client.get("/v1/incidents?cursor=x"),
                client.get("/v1/routes?cursor=x"),
                client.get("/v1/alerts?cursor=x"),
                client.put("/v1/incidents"),
                client.patch(f"/v1/incidents/{north.ids['incident_id']}", json={}),
                client.patch(f"/v1/incidents/{north.ids['incident_id']}", json={}, headers={"If-Match": '"9"'}),
                client.patch(f"/v1/incidents/{north.ids['incident_id']}", json={}, headers={"If-Match": "9"}),
            )
        }
    assert problems.keys() == {
        "no_key",
        "bad_key",
        "no_such_address",
        "bad_cursor",
        "no_such_method",
        "if_match_missing",
        "stale_revision",
        "bad_etag",
    }
    for code, answer in problems.items():
        assert answer.status_code == KINDS[Code(code)].status
        page = anyone.get(answer.json()["type"])
        assert page.headers["content-type"].startswith("text/html")
        assert code in page.text


def test_every_code_is_explained(anyone: httpx.Client) -> None:
    assert KINDS.keys() == set(Code)
    everything = anyone.get("/problems").text
    assert all(f'href="/problems/{code}"' in everything for code in Code)
    assert anyone.get("/problems/nothing").status_code == 404


def requests_of(client: httpx.Client, delivery_id: str, deliveries: str) -> list[dict[str, Any]]:
    items = made(client.get(deliveries))["items"]
    [requests] = [delivery["requests"] for delivery in items if delivery["delivery_id"] == delivery_id]
    return list(requests)


def test_a_message_can_be_sent_again_over_the_api(north: Mission) -> None:
    deliveries = f"/v1/subscriptions/{north.ids['subscription_id']}/deliveries"
    one = f"{deliveries}/{north.ids['delivery_id']}"
    with north.client() as client:
        # The third attempt is due minutes later: none is made, and none is due, while this asks.
        await_that(
            lambda: len(requests_of(client, north.ids["delivery_id"], deliveries)) > 1, "two attempts have failed"
        )
        now = client.post(f"{one}/send-now", headers={"Idempotency-Key": "now"})
        again = client.post(f"{one}/send-now", headers={"Idempotency-Key": "now"})
        refused = client.post(f"{one}/resend")
        waiting = made(client.get(deliveries, params={"state": ["pending"]}))["items"]
        none = made(client.get(deliveries, params={"state": ["delivered", "dead"]}))["items"]
        unknown = client.get(deliveries, params={"state": "lost"})
    assert (now.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert now.json()["asked_by"] == north.key_ids[Role.ADMIN]
    assert now.json()["form"] == "thin"
    assert "not proved" in now.json()["why_thin"]
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "send-now" in refused.json()["detail"]
    assert north.ids["delivery_id"] in {item["delivery_id"] for item in waiting}
    assert none == []
    assert unknown.status_code == 422


def test_a_thin_message_is_explained_where_it_is_met(north: Mission) -> None:
    with north.client() as client:
        subscription = made(client.get(f"/v1/subscriptions/{north.ids['subscription_id']}"))
        incident = {"incident_id": north.ids["incident_id"]}
        explained = made(client.get(f"/v1/subscriptions/{north.ids['subscription_id']}/explain", params=incident))
    assert subscription["channel"]["thin_at"] == ["amber_strict", "red"]
    assert "left out" in explained["why_thin"]
