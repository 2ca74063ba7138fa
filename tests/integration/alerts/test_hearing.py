"""Who was heard is written beside the warnings: the latest word alone, again after an outage, and at the stop."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from clearway_alerts.commands.sources import NewSource, Sources
from clearway_alerts.domain.source import key_of
from clearway_alerts.storage.tables import WATCHED_SOURCE
from clearway_alerts.warning.hearing import Hearing
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.auth.principals import Principal, Role

from .conftest import Service, eventually

CELL = SourceKind.REPORTING_CELL
MINUTE = timedelta(minutes=1)


async def watch(alerts: Service, mission: str = "unmix") -> None:
    principal = Principal(id="key-2", name="cell", mission=mission, role=Role.OPERATOR)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        wanted = NewSource("our cell", CELL, "Sector West", timedelta(hours=6))
        await Sources(alerts.clock, alerts.silences.wake).create(transaction, principal, wanted)


def heard(at: datetime) -> dict[SourceKind, dict[str, datetime]]:
    return {CELL: {key_of(CELL, "Sector West"): at}}


async def last_heard(alerts: Service) -> dict[str, datetime | None]:
    return {row["mission"]: row["last_heard_at"] for row in await alerts.rows(WATCHED_SOURCE)}


def hearing_of(alerts: Service) -> Hearing:
    return Hearing(alerts.database, alerts.silences.wake)


async def test_the_latest_word_is_written_for_its_mission_alone(alerts: Service) -> None:
    await watch(alerts)
    await watch(alerts, mission="elsewhere")
    hearing, now = hearing_of(alerts), alerts.clock.now()
    for at in (now, now + MINUTE, now - MINUTE):
        hearing.note(heard(at), "unmix")
    await hearing.write()
    assert await last_heard(alerts) == {"unmix": now + MINUTE, "elsewhere": None}


async def test_an_outage_forgets_nothing_and_takes_nothing_back(
    alerts: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watch(alerts)
    hearing, now = hearing_of(alerts), alerts.clock.now()

    def away(_mission: str) -> None:
        hearing.note(heard(now + MINUTE), "unmix")
        raise OperationalError("BEGIN", {}, OSError("the disk is full"))

    hearing.note(heard(now), "unmix")
    with monkeypatch.context() as replaced:
        replaced.setattr(alerts.database, "of", away)
        with pytest.raises(OperationalError):
            await hearing.write()
    assert await last_heard(alerts) == {"unmix": None}
    await hearing.write()
    assert await last_heard(alerts) == {"unmix": now + MINUTE}


@pytest.mark.parametrize(("error", "written"), [(asyncio.CancelledError(), True), (ValueError("unwritable"), False)])
async def test_a_stop_in_the_middle_forgets_nothing_and_an_unwritable_word_holds_nothing(
    alerts: Service, monkeypatch: pytest.MonkeyPatch, error: BaseException, *, written: bool
) -> None:
    await watch(alerts)
    hearing, now = hearing_of(alerts), alerts.clock.now()

    def ends(_mission: str) -> None:
        raise error

    hearing.note(heard(now), "unmix")
    with monkeypatch.context() as replaced:
        replaced.setattr(alerts.database, "of", ends)
        with pytest.raises(type(error)):
            await hearing.write()
    await hearing.write()
    assert await last_heard(alerts) == {"unmix": now if written else None}


async def test_it_writes_while_it_runs_and_once_more_when_it_is_stopped(alerts: Service) -> None:
    await watch(alerts)
    hearing, now = hearing_of(alerts), alerts.clock.now()
    running = asyncio.create_task(hearing.run())

    async def first_is_written() -> bool:
        return await last_heard(alerts) == {"unmix": now}

    hearing.note(heard(now), "unmix")
    await eventually(first_is_written)
    hearing.note(heard(now + MINUTE), "unmix")
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert await last_heard(alerts) == {"unmix": now + MINUTE}
