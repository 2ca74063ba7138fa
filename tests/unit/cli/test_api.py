"""A command's requests to the API: an answer, or a sentence and whether the command could begin."""

import json
from collections.abc import Callable

import httpx
import pytest

from clearway_platform.cli.api import Api
from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.errors import NotAvailable, RequestFailed

Answer = Callable[[httpx.Request], httpx.Response]


def api(answer: Answer) -> Api:
    client = httpx.Client(base_url="http://clearway.test", transport=httpx.MockTransport(answer))
    return Api(client, "analytics")


def problem(status: int, code: str, detail: str = "It is so.", **more: object) -> Answer:
    return lambda _: httpx.Response(status, json={"status": status, "code": code, "detail": detail} | more)


def breaks(error: type[httpx.TransportError]) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error("It breaks.")

    return answer


def read(made: Api) -> object:
    return made.get("/v1/things")


def change(made: Api) -> object:
    return made.post("/v1/things", {})


FAULT = {"field": "body.bands.high", "problem": "too high", "remedy": "Lower it."}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (problem(401, "bad_key", "It is unknown."), Misconfigured, "It is unknown. Set it with --key"),
        (problem(403, "not_permitted"), Misconfigured, "http://clearway.test refuses the API key. It is so."),
        (lambda _: httpx.Response(401), Misconfigured, "Set another with --key or CLEARWAY_API_KEY."),
        (problem(404, "no_such_address"), Misconfigured, "without the analytics service"),
        (problem(404, "not_found"), RequestFailed, "It is so."),
        (problem(409, "conflict"), RequestFailed, "It is so."),
        (problem(412, "stale_revision"), RequestFailed, "It changed after it was shown here"),
        (problem(422, "invalid", errors=[FAULT]), RequestFailed, "bands.high: too high. Lower it."),
        (problem(422, "invalid", errors=[FAULT, FAULT]), RequestFailed, "Lower it.\nbands.high"),
        (problem(503, "unavailable"), NotAvailable, "answers 503: It is so."),
        (lambda _: httpx.Response(502, text="<html>"), NotAvailable, "answers 502."),
        (problem(429, "too_many_requests"), NotAvailable, "answers 429"),
        (lambda _: httpx.Response(404, text="<html>"), Misconfigured, "is not Clearway"),
        (lambda _: httpx.Response(200, text="<html>"), Misconfigured, "is not Clearway"),
        (lambda _: httpx.Response(200, json=["no object"]), Misconfigured, "is not Clearway"),
        (lambda _: httpx.Response(302, headers={"Location": "/login"}), Misconfigured, "is not Clearway"),
        (breaks(httpx.ConnectError), NotAvailable, "Nothing answers at http://clearway.test"),
    ],
)
@pytest.mark.parametrize("ask", [read, change])
def test_what_is_answered_is_one_sentence(
    ask: Callable[[Api], object], answer: Answer, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as raised:
        ask(api(answer))
    assert words in str(raised.value)
    assert type(raised.value) is kind


def test_a_change_whose_answer_does_not_come_may_have_been_made() -> None:
    for error in (httpx.ReadTimeout, httpx.RemoteProtocolError):
        with pytest.raises(NotAvailable):
            api(breaks(error)).get("/v1/things")
        with pytest.raises(RequestFailed, match="may have been made") as raised:
            api(breaks(error)).post("/v1/things")
        assert not isinstance(raised.value, NotAvailable)


def test_a_change_is_sent_with_what_was_seen() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        seen = {"seen": request.headers.get("If-Match"), "sent": json.loads(request.content or "null")}
        return httpx.Response(200, json=seen, headers={"ETag": '"3"'})

    given = api(answer).post("/v1/things", {"a": 1}, seen='"2"')
    assert (given.body, given.etag) == ({"seen": '"2"', "sent": {"a": 1}}, '"3"')
    assert api(answer).post("/v1/things").body == {"seen": None, "sent": None}


def test_the_pages_of_a_list_follow_each_other() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        number = int(request.url.params.get("cursor", "0"))
        return httpx.Response(200, json={"items": [number]} | ({"next": str(number + 1)} if number < 2 else {}))

    pages = api(answer).pages("/v1/things", limit=1)
    assert (next(pages)["items"], asked) == ([0], ["limit=1"])
    assert [page["items"] for page in pages] == [[1], [2]]
    assert asked[1:] == ["limit=1&cursor=1", "limit=1&cursor=2"]
