"""Every answer of every operation is as its OpenAPI document says, and what the document says can come does come.

The refusals are provoked: those that follow from what an operation takes (`provoking.py`), and those of its domain
(`situations.py`). What is held of each answer is in `held.py`.
"""

from collections.abc import Iterator

import httpx
import pytest

from clearway_platform.codes import Code, address
from clearway_platform.refusals import Conflict, NotYours

from .fresh import fresh_incident
from .held import hold, hold_headers, hold_problem
from .mission import Mission, report
from .operations import Operation, operations
from .provoking import WAYS
from .scene import Scene, but, scene
from .situations import NOT_HERE, SITUATIONS, named, refusals
from .succeeding import succeed

ADDRESSES = sorted({operation.path for operation in operations()})
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def stage(north: Mission, south: Mission) -> Iterator[Scene]:
    with scene(north, south) as whole:
        yield whole


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_the_refusals_that_come_are_those_that_are_documented(operation: Operation, stage: Scene) -> None:
    answers = [answer for way in WAYS for answer in way(operation, stage)]
    missing = named(operation) - NOT_HERE.keys()
    for situation in SITUATIONS:
        if situation.concerns(operation):
            answers.append(situation.ask(operation, stage))
            if situation.gave(answers[-1]):
                missing.discard(situation.refusal)
    assert not missing, f"{operation}: what its route names did not come; add a situation"
    for answer in answers:
        hold(operation, answer)
    came = {(answer.status_code, answer.json()["code"]) for answer in answers if answer.is_client_error}
    assert came == {(status, code) for status, code in operation.codes if status < 500}


def test_every_refusal_of_a_domain_is_named_by_a_route() -> None:
    said = {refusal for operation in operations() for refusal in named(operation)}
    assert {*refusals(Conflict), *refusals(NotYours)} <= said


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_a_success_is_as_documented(operation: Operation, stage: Scene) -> None:
    answers = succeed(operation, stage)
    for answer in answers:
        assert answer.status_code < 400, answer.text
        hold(operation, answer)
    if "Idempotency-Key" in operation.parameters("header"):
        assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, "true"]


def test_a_repeated_report_and_a_merged_incident_are_as_documented(stage: Scene) -> None:
    by_name = {operation.name: operation for operation in operations()}
    body = report(stage.ours.mark, external_refs=[{"system": "register", "id": "once"}])
    asked = but(by_name["incidents.report"].request({}), json=body)
    merged, _ = fresh_incident(stage, ("merge",))
    first, again, alias = stage.ask(asked), stage.ask(asked), stage.ask(by_name["incidents.get"].request(merged))
    assert (first.status_code, again.status_code, alias.status_code) == (201, 200, 308)
    hold(by_name["incidents.report"], again)
    hold(by_name["incidents.get"], alias)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_method_that_an_address_does_not_take_is_refused(path: str, stage: Scene) -> None:
    there = [operation for operation in operations() if operation.path == path]
    taken = {operation.method for operation in there}
    for method in sorted(METHODS - taken):
        answer = stage.ask({"method": method, "url": there[0].address(stage.ours.ids)})
        assert (answer.status_code, answer.json()["code"]) == (405, "no_such_method")
        assert answer.headers["allow"] == ", ".join(sorted(taken))
        hold_problem(answer)
        hold_headers(there[0], there[0].answer("default") or {}, answer)


def test_every_code_that_can_come_has_a_page(anyone: httpx.Client) -> None:
    for code in {code for operation in operations() for _, code in operation.codes}:
        page = anyone.get(address(Code(code)))
        assert page.headers["content-type"].startswith("text/html")
        assert code in page.text
