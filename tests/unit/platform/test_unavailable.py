"""A database that is away, busy or full answers 503 with what to do, whatever form its error takes."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from clearway_platform.database.states import NewerState
from clearway_platform.web.problems import install_handlers


async def answer_to(error: Exception) -> httpx.Response:
    app = FastAPI()
    install_handlers(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.get("/")


@pytest.mark.parametrize(
    "error",
    [
        PoolTimeout("QueuePool limit reached"),
        OperationalError("SELECT 1", {}, Exception("database is locked")),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.DiskFullError("could not extend file"),
        ConnectionRefusedError(111, "refused"),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_is_a_problem_to_come_back_with(error: Exception) -> None:
    answer = await answer_to(error)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_a_mistake_of_ours_is_not_called_the_databases() -> None:
    assert (await answer_to(asyncpg.UndefinedTableError("relation does not exist"))).status_code == 500


async def test_state_of_a_newer_program_is_answered_by_another_replica() -> None:
    answer = await answer_to(NewerState("incident", 2, 1))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "newer version of Clearway" in answer.json()["detail"]
