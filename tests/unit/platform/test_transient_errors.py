"""What is waited out, and what counts as a failure."""

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from clearway_platform.database.states import NewerState
from clearway_platform.log.base import BrokerUnavailable, UnknownTopic
from clearway_platform.messaging.retry import is_temporary


@pytest.mark.parametrize(
    "error",
    [
        BrokerUnavailable("away"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.TooManyConnectionsError("too many clients"),
        ConnectionRefusedError(),
        NewerState("incident", 2, 1),
        OperationalError("COMMIT", {}, Exception("database or disk is full")),
        OperationalError("UPDATE", {}, asyncpg.DeadlockDetectedError("deadlock detected")),
    ],
)
def test_what_will_pass(error: Exception) -> None:
    assert is_temporary(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        UnknownTopic("x"),
        asyncpg.UniqueViolationError("duplicate key"),
        IntegrityError("INSERT", {}, asyncpg.UniqueViolationError("duplicate key")),
    ],
)
def test_what_will_not(error: Exception) -> None:
    assert not is_temporary(error)
