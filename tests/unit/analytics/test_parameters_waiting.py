"""Waiting for a comparison: until it is there, over a restart, and not after the proposal was discarded."""

from collections.abc import Iterator

import httpx
import pytest

from clearway_analytics.cli import waiting
from clearway_analytics.cli.waiting import wait_for_comparison
from clearway_platform.cli.api import Api
from clearway_platform.cli.errors import NotAvailable, RequestFailed

ADDRESS = "/v1/risk-parameters/x"


def state(name: str, done: int = 0) -> httpx.Response:
    progress = {"incidents": 2, "done": done} if name in ("rebuilding", "compared") else None
    body = {"state": name, "progress": progress, "revision": 2, "decided_by": "key-2", "parameters": {"name": "dense"}}
    return httpx.Response(200, json=body, headers={"ETag": '"2"'})


def api(*answers: httpx.Response | type[httpx.TransportError]) -> Api:
    """Answers one after the other, and the last one for ever."""
    following: Iterator[httpx.Response | type[httpx.TransportError]] = iter(answers)
    last = answers[-1]

    def answer(_: httpx.Request) -> httpx.Response:
        found = next(following, last)
        if isinstance(found, httpx.Response):
            return httpx.Response(found.status_code, content=found.content, headers=found.headers)
        raise found("It breaks.")

    return Api(httpx.Client(base_url="http://clearway.test", transport=httpx.MockTransport(answer)), "analytics")


def test_it_waits_until_the_comparison_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = wait_for_comparison(api(state("rebuilding"), state("rebuilding", 1), state("compared", 2)), ADDRESS, 0.0)
    assert (found.body["state"], found.etag) == ("compared", '"2"')
    assert capsys.readouterr() == ("", "")


def test_a_restart_is_waited_for_and_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    away = (httpx.ConnectError, httpx.ReadTimeout, httpx.Response(503))
    assert wait_for_comparison(api(state("rebuilding"), *away, state("compared")), ADDRESS, 0.0).body["revision"] == 2
    assert capsys.readouterr().err == (
        "Nothing answers at http://clearway.test. Is Clearway running? Retrying; stop with Ctrl-C.\n"
    )


def test_what_does_not_come_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "AWAY_SECONDS", -1.0)
    with pytest.raises(NotAvailable):
        wait_for_comparison(api(httpx.ConnectError), ADDRESS, 0.0)


def test_a_proposal_that_was_discarded_is_not_waited_for() -> None:
    with pytest.raises(RequestFailed, match=r"Revision 2 \(dense\) was discarded by key-2"):
        wait_for_comparison(api(state("rebuilding"), state("discarded")), ADDRESS, 0.0)
