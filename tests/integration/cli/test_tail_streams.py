"""Which streams `clearway tail` follows, where one of them is missing, refused, away or not Clearway's."""

import json
import signal
from collections.abc import Mapping

import pytest

from clearway_testing.server import await_ready, free_port

from .conftest import NOTHING, SECONDS, Canned, Partial, Program, Serve, Up, report

ALERTS, INCIDENTS, ROUTES = "/v1/alert-events", "/v1/incident-events", "/v1/route-events"


def problem(status: int, code: str, detail: str) -> Canned:
    return Canned(status, json.dumps({"status": status, "code": code, "detail": detail, "errors": []}))


STREAM = Canned(200, 'id: 1-7\nevent: cursor\ndata: {"cursor": "1-7"}\n\n', "text/event-stream")
NO_ADDRESS = problem(404, "no_such_address", "There is nothing at this address.")
FORBIDDEN = problem(403, "not_permitted", "The role reporter may not do this: it needs alerts:read.")


def key(program: Program, folder: str = "data") -> str:
    return (program.folder / folder / "admin.key").read_text().strip()


def test_where_no_service_has_a_stream_it_ends_and_says_so(partial: Partial) -> None:
    nothing = partial("incidents", "alerts", "analytics")
    for arguments in (["tail"], ["tail", "--only", "incidents"]):
        done = nothing.run(*arguments)
        assert done.returncode == 2
        assert done.stderr == "No installed service has a stream to follow. Installed services: dashboard.\n"
    assert "Only this stream. May be repeated." in " ".join(nothing.run("tail", "--help").stdout.split())


def test_a_service_that_is_not_part_of_it_is_said_once_and_the_others_are_followed(
    program: Program, partial: Partial
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    partial("alerts").start("up", "--port", str(port)).said("stop it")
    tail = program.start("tail")
    tail.said(f"Following incidents, routes at {address}")
    tail.said(f"Not followed: alerts. Clearway at {address} has no such stream")
    tail.said(report(address, key(program), "first"))
    assert tail.err.read_text().count("\n") == 2
    assert tail.stopped_by(signal.SIGINT) == 130
    done = program.run("tail", "--only", "alerts")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Not followed: alerts. Clearway at {address} has no such stream")
    assert done.stderr.count("\n") == 1


def test_a_stream_that_the_role_may_not_read_is_said_once_and_the_others_are_followed(
    program: Program, serve: Serve
) -> None:
    url = serve({INCIDENTS: STREAM, ROUTES: STREAM, ALERTS: FORBIDDEN})
    tail = program.start("tail", "--url", url, "--key", "cwk_a_b")
    tail.said(f"Following incidents, routes at {url}")
    tail.said("Not followed: alerts.")
    tail.said("it needs alerts:read. Set it with --key")
    tail.stopped_by(signal.SIGINT)
    assert tail.err.read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({ALERTS: FORBIDDEN, INCIDENTS: FORBIDDEN, ROUTES: FORBIDDEN}, ["alerts, incidents, routes", "alerts:read"]),
        ({ALERTS: NO_ADDRESS, INCIDENTS: NO_ADDRESS, ROUTES: NO_ADDRESS}, ["has no such stream", "not installed"]),
        ({}, ["alerts, incidents, routes", "is not Clearway"]),
        ({ALERTS: Canned(200, "<h1>Home</h1>", "text/html")}, ["is not Clearway"]),
        (dict.fromkeys((ALERTS, INCIDENTS, ROUTES), problem(400, "refused", "The time is not one.")), ["not one."]),
    ],
)
def test_where_no_stream_can_be_followed_it_ends_with_one_sentence(
    answers: Mapping[str, Canned], words: list[str], program: Program, serve: Serve
) -> None:
    done = program.run("tail", "--url", serve(answers), "--key", "cwk_a_b")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_each_reason_is_said_where_the_reasons_differ(program: Program, serve: Serve) -> None:
    url = serve({ALERTS: FORBIDDEN, INCIDENTS: NO_ADDRESS, ROUTES: NOTHING})
    done = program.run("tail", "--url", url, "--key", "cwk_a_b")
    assert done.returncode == 2
    assert [line.split(".")[0] for line in sorted(done.stderr.splitlines())] == [
        "Not followed: alerts",
        "Not followed: incidents",
        "Not followed: routes",
    ]


def test_a_service_that_is_away_is_named_and_so_is_its_return(program: Program, serve: Serve) -> None:
    away = problem(503, "unavailable", "The database has no tables yet. Run `clearway migrate`.")
    answers = {INCIDENTS: STREAM, ROUTES: STREAM, ALERTS: away}
    url = serve(answers)
    tail = program.start("tail", "--url", url, "--key", "cwk_a_b")
    tail.said(f"Following incidents, routes at {url}")
    tail.said(f"No events of alerts: Clearway at {url} answers 503: The database has no tables yet.")
    answers[ALERTS] = STREAM
    tail.said(f"Now following alerts at {url}")
    tail.stopped_by(signal.SIGINT)
    assert tail.err.read_text().count("\n") == 3


def test_what_was_followed_on_a_data_folder_is_not_looked_for_elsewhere(program: Program) -> None:
    """The default address may be another Clearway's."""
    started = program.start("up", "--data", "elsewhere", "--port", "0")
    started.said("stop it")
    address = (program.folder / "elsewhere/address").read_text().strip()
    tail = program.start("tail", "--data", "elsewhere")
    tail.said(f"Following alerts, incidents, routes at {address}")
    started.stopped_by(signal.SIGTERM)
    tail.said(f"Nothing answers at {address}. Is Clearway running?")
    again = program.start("up", "--data", "elsewhere", "--port", "0")
    again.said("stop it")
    address = (program.folder / "elsewhere/address").read_text().strip()
    tail.said(f"Clearway answers again at {address}.")
    tail.said(report(address, key(program, "elsewhere"), "after"))
    assert tail.err.read_text().count("\n") == 3
    assert tail.process.poll() is None


def test_a_key_that_is_revoked_ends_it(program: Program, up: Up) -> None:
    _, address = up()
    made = program.run("keys", "create", "--mission", "local", "--role", "reporter")
    token = made.stdout.strip()
    tail = program.start("tail", "--key", token)
    tail.said("Following")
    assert program.run("keys", "revoke", token.split("_")[1]).returncode == 0
    await_ready(lambda: tail.process.poll() is not None, seconds=SECONDS)
    assert tail.process.returncode == 2
    assert f"{address} refuses the API key." in tail.err.read_text().splitlines()[-1]


def test_a_filter_leaves_out_the_streams_that_do_not_have_it(program: Program, serve: Serve) -> None:
    asked: list[str] = []
    url = serve({ALERTS: STREAM, INCIDENTS: STREAM, ROUTES: STREAM}, asked)
    tail = program.start("tail", "--url", url, "--key", "cwk_a_b", "--where", "subscription_id=7")
    tail.said(f"Following alerts at {url}")
    await_ready(lambda: len(asked) >= 2, seconds=SECONDS)
    tail.stopped_by(signal.SIGINT)
    assert asked[0] == f"{ALERTS}?subscription_id=7&last=10"
    assert set(asked[1:]) == {f"{ALERTS}?subscription_id=7"}


def test_a_filter_that_no_stream_has_is_refused(program: Program) -> None:
    done = program.run("tail", "--only", "routes", "--where", "subscription_id=7")
    assert (done.returncode, done.stderr) == (
        2,
        "No stream is narrowed by subscription_id. Filters of routes: none.\n",
    )
    done = program.run("tail", "--where", "subscription_id")
    assert (done.returncode, done.stderr.partition(".")[0]) == (2, "--where is 'subscription_id'")


def test_an_unknown_subscription_is_said_and_not_followed(program: Program, up: Up) -> None:
    """Silence would look like safety."""
    up()
    done = program.run("tail", "--where", "subscription_id=0197c0de-0000-7000-8000-000000000000")
    assert done.returncode == 2
    assert "0197c0de-0000-7000-8000-000000000000" in done.stderr
