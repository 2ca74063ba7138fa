"""The class of a refusal says what the API answers; what raises it needs no framework."""

from http import HTTPStatus

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from clearway_platform.codes import KINDS, Code
from clearway_platform.refusals import (
    Conflict,
    Invalid,
    NotFound,
    NotPermitted,
    NotYours,
    Refusal,
    RevisionMissing,
    StaleRevision,
    TooLarge,
    UnknownChoice,
)
from clearway_platform.web.problems import install_handlers


class NotActive(Conflict):
    """One of a service's own."""

    detail = "This subscription is paused. Resume it first."


class NoSuchAlert(NotFound):
    noun = "alert"


async def answered(refusal: Refusal) -> tuple[int, dict[str, object], dict[str, str]]:
    app = FastAPI()
    install_handlers(app)

    @app.get("/it")
    async def refuse() -> None:
        raise refusal

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        response = await client.get("/it")
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json(), dict(response.headers)


async def test_a_class_of_a_service_is_answered_without_a_handler_of_its_own() -> None:
    status, problem, _headers = await answered(NotActive())
    assert status == 409
    assert problem == {
        "type": "/problems/conflict",
        "code": "conflict",
        "title": KINDS[Code.CONFLICT].title,
        "status": 409,
        "detail": "This subscription is paused. Resume it first.",
        "instance": "/it",
        "errors": [],
    }


async def test_an_object_that_is_not_there_is_named() -> None:
    status, problem, _headers = await answered(NoSuchAlert("abc"))
    assert (status, problem["code"]) == (404, "not_found")
    assert problem["detail"] == "There is no alert 'abc' in your mission. Check the id."


async def test_a_field_at_fault_is_pointed_to() -> None:
    status, problem, _headers = await answered(Invalid("location.point", "is not finite", "Give decimal degrees."))
    assert (status, problem["code"]) == (422, "invalid")
    assert problem["errors"] == [
        {
            "field": "body.location.point",
            "pointer": "/location/point",
            "problem": "is not finite",
            "remedy": "Give decimal degrees.",
        }
    ]


async def test_a_parameter_at_fault_has_no_pointer() -> None:
    _status, problem, _headers = await answered(Invalid("as_of", "is no time", "Give one.", part="query"))
    assert problem["errors"] == [{"field": "query.as_of", "problem": "is no time", "remedy": "Give one."}]


async def test_a_stale_revision_gives_the_newest() -> None:
    status, problem, headers = await answered(StaleRevision(7))
    assert (status, problem["code"], headers["etag"]) == (412, "stale_revision", '"7"')


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotYours("Ask its owner."), HTTPStatus.FORBIDDEN),
        (NotPermitted("Use another key."), HTTPStatus.FORBIDDEN),
        (UnknownChoice("There is no such type."), HTTPStatus.BAD_REQUEST),
        (TooLarge("Send less."), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (RevisionMissing(), HTTPStatus.PRECONDITION_REQUIRED),
    ],
)
async def test_the_status_comes_from_the_class(refusal: Refusal, status: HTTPStatus) -> None:
    assert (refusal.status, (await answered(refusal))[0]) == (status, status)
