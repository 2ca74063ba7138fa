"""A group is written with one statement for each table: what comes of it is what its lines make one by one.

Two missions on one database and a clock that stands still: the one sends its lines at once, the other each by itself.
Then every table has the same rows and the outbox the same events, but for ids that were made here and for positions.
"""

import asyncio
import json
import os
import random
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Table, select, text

from clearway_contracts.codec import decode
from clearway_incidents.api import bulk
from clearway_incidents.api.items import Reading
from clearway_incidents.api.reading_apart import Items, ReadingApart
from clearway_incidents.domain.chain import seal, sealed_part
from clearway_incidents.storage.tables import EXTERNAL_REFS, HELD_TEXTS, INCIDENT_TEXTS, INCIDENTS, REVISIONS
from clearway_incidents.storage.words import mission_term
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.log.base import MessageTooLarge
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.service import Platform
from clearway_platform.web.two_way import Line

from .conftest import Desk, a_report, desk_of
from .test_bulk import sent
from .test_content_guard import told

TOGETHER: Final = "unmtogether"
APART: Final = "unmapart"
OUTBOX: Final = table_of(OutboxRow)
TABLES: Final = (INCIDENTS, REVISIONS, EXTERNAL_REFS, HELD_TEXTS, INCIDENT_TEXTS)
# Made for each row, or of a mission: whether hashes are right is looked at by itself.
NOT_COMPARED: Final = {"held_id", "doc", "hash", "prev_hash"}
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def lines(seed: int, count: int) -> list[bytes]:
    """Reports of a few names and ids, so that many are repeats, corrections and conflicts; some cannot be recorded."""
    chance = random.Random(seed)
    known = [known_as(number, chance) for number in range(count // 3)]
    found: list[bytes] = []
    for _ in range(count):
        is_repeat = found and chance.random() < 0.2
        found.append(chance.choice(found) if is_repeat else line(chance.choice(known), chance))
    return found


def known_as(number: int, chance: random.Random) -> dict[str, Any]:
    """What stays the same of an incident that is sent again: an id of its sender, names, or both."""
    refs = [{"system": "acled", "id": f"e-{number}"}, {"system": "ürün", "id": f"é {number}", "url": "https://a.test/"}]
    match chance.randrange(4):
        case 0:
            return {"incident_id": str(new_id())}
        case 1:
            return {"incident_id": str(new_id()), "external_refs": refs[:1]}
        case _:
            return {"external_refs": refs[: chance.randint(1, 2)]}


def line(known: dict[str, Any], chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return chance.choice([b"{broken", b"7", b'{"category": "bomb"}', json.dumps(a_report()).encode()])
    reporter = {
        "organisation": chance.choice(["Convoy 12", "Équipe n° 3"]),
        "contact_ref": chance.choice(["book", None]),
    }
    lines = {"line_3_contact_method": "channel 4", "line_6_resources_threatened": chance.choice(["road", told("six")])}
    varied: dict[str, Any] = {
        "outcome": chance.choice(["detonated", "found_not_cleared", "found_cleared"]),
        "hazard_state": chance.choice(["active", "cleared", None]),
        "narrative": chance.choice(["", "Road closed, 300 m from the dalot. Ça va.", told(f"{chance.random()}")]),
        "report": {**reporter, "report_id": str(new_id()), "nine_line": chance.choice([None, lines])},
        "casualties": chance.choice([[], [{"outcome": "injured", "low": 0, "best": 1, "high": 2}]]),
        "sharing": chance.choice(
            [{}, {"tlp": "green", "releasable_to": ["Équipe", told("name")][: chance.randint(1, 2)]}]
        ),
        "grading": chance.choice([None, {"info_credibility": "2"}]),
    }
    if chance.random() < 0.1:
        varied["time"] = {"occurred_at": "2090-01-01T00:00:00Z"}
    if chance.random() < 0.3:
        place = [round(chance.uniform(-1e-4, 1e-4), 9), round(chance.uniform(-89, 89), 6)]
        varied["location"] = {"point": {"type": "Point", "coordinates": place}, "precision": "locality"}
    return json.dumps(a_report(**known, **varied)).encode()


async def answers(desk: Desk, mission: str, body: Sequence[bytes], at_once: int) -> list[dict[str, Any]]:
    """The results of the lines, sent so many at once; each with its number among all."""
    found = []
    for start in range(0, len(body), at_once):
        answer = await sent(desk, b"\n".join(body[start : start + at_once]), f"{mission}:operator")
        assert answer.status_code == 200, answer.text
        *results, end = map(json.loads, answer.text.splitlines())
        assert end["problem"] is None
        found += [{**one, "line": one["line"] + start} for one in results]
    return found


class Read:
    """What a mission has, with its ids in the words of both: an incident by its name, or by the id of its sender."""

    def __init__(self, desk: Desk, mission: str) -> None:
        self._desk = desk
        self._mission = mission
        self._names: dict[str, str] = {}

    async def learn(self) -> None:
        names = select(EXTERNAL_REFS).where(EXTERNAL_REFS.c.mission == self._mission)
        for row in await self._desk.rows(names):
            said = f"{row.system} {row.external_id}"
            self._names[str(row.incident_id)] = min(said, self._names.get(str(row.incident_id), said))

    def plain(self, value: object) -> str:
        said = json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)
        said = said.replace(mission_term(self._mission)[1:], "MISSION").replace(self._mission, "MISSION")
        return _UUID.sub(lambda found: self._names.get(found[0], found[0]), said)

    async def rows(self, table: Table) -> list[str]:
        found = await self._desk.rows(select(table).where(table.c.mission == self._mission))
        kept = [{name: value for name, value in row._mapping.items() if name not in NOT_COMPARED} for row in found]
        return sorted(self.plain(_without_hashes(row)) for row in kept)

    async def words(self) -> list[str]:
        number, said = ("rowid", "words") if self._desk.database.dialect == "sqlite" else ("doc", "words::text")
        query = (
            f"SELECT t.incident_id, w.{said} AS words FROM incident_text t JOIN incident_words w ON w.{number} = t.doc"
        )
        found = await self._desk.rows(text(f"{query} WHERE t.mission = '{self._mission}'"))  # type: ignore[arg-type]
        return sorted(self.plain([str(UUID(str(row.incident_id))), sorted(row.words.split())]) for row in found)

    async def events(self) -> list[str]:
        """In order for each incident, with the headers that no clock and no chance made."""
        found = await self._desk.rows(select(OUTBOX).where(OUTBOX.c.mission == self._mission).order_by(OUTBOX.c.id))
        events = []
        for row in found:
            event = decode(row.key, row.value, row.headers)
            assert event is not None
            # What is published is what the model of the event says.
            assert json.loads(row.value) == event.data.model_dump(mode="json")
            headers = {name: value.decode() for name, value in row.headers if name not in ("ce_id", "traceparent")}
            said = _without_hashes({**headers, **json.loads(row.value)})
            events.append((self.plain(row.subject), self.plain(said)))
        return [said for _subject, said in sorted(events, key=lambda one: one[0])]

    async def check_hashes(self) -> None:
        for row in await self._desk.rows(select(REVISIONS).where(REVISIONS.c.mission == self._mission)):
            part = sealed_part(row.state, row.kind, row.by, row.reason, row.person)
            assert row.hash == row.state["audit"]["hash"] == seal(part, row.prev_hash)


def _without_hashes(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_hashes(item) for name, item in value.items() if name not in ("hash", "prev_hash")}
    return [_without_hashes(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_lines_at_once_are_the_lines_one_by_one(desk: Desk, seed: int) -> None:
    body = lines(seed, 60)
    together, apart = Read(desk, TOGETHER), Read(desk, APART)
    results = await answers(desk, TOGETHER, body, len(body)), await answers(desk, APART, body, 1)
    await _compare(together, apart, results)


async def _compare(together: Read, apart: Read, results: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    await together.learn()
    await apart.learn()
    assert {one["result"] for one in results[0]} == {"created", "unchanged", "corrected", "refused"}
    assert [together.plain(one) for one in results[0]] == [apart.plain(one) for one in results[1]]
    for table in TABLES:
        found = await together.rows(table)
        assert found
        assert found == await apart.rows(table)
    assert await together.words() == await apart.words()
    assert await together.events() == await apart.events()
    await together.check_hashes()


@pytest.fixture
async def apart(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Desk, list[ReadingApart]]]:
    """A service that reads each body but its first ten lines in another process, and waits for that; and what has the
    process, once for each ten lines that it read."""
    monkeypatch.setattr(bulk, "GROUP", 10)
    monkeypatch.setattr(bulk, "LONG_FROM", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    used: list[ReadingApart] = []
    read = ReadingApart.read

    async def waiting(self: ReadingApart, reading: Reading, some: Sequence[Line], *, may_start: bool) -> Items | None:
        for _ in range(1_500):
            if (items := await read(self, reading, some, may_start=may_start)) is not None or used:
                break
            await asyncio.sleep(0.02)
        used.append(self)
        return items

    monkeypatch.setattr(ReadingApart, "read", waiting)
    async with desk_of(platform) as desk:
        yield desk, used


async def test_lines_read_apart_are_the_lines_one_by_one(apart: tuple[Desk, list[ReadingApart]]) -> None:
    desk, used = apart
    body = lines(4, 60)
    together, alone = Read(desk, TOGETHER), Read(desk, APART)
    results = await answers(desk, TOGETHER, body, len(body)), await answers(desk, APART, body, 1)
    assert len(used) == 5
    await _compare(together, alone, results)


async def test_a_process_that_is_killed_is_no_loss(apart: tuple[Desk, list[ReadingApart]]) -> None:
    desk, used = apart
    items = [a_report(incident_id=str(new_id())) for _ in range(40)]
    body = [json.dumps(one).encode() for one in items]
    assert {one["result"] for one in await answers(desk, TOGETHER, body[:20], 20)} == {"created"}
    used[0].close()
    assert {one["result"] for one in await answers(desk, TOGETHER, body[20:], 20)} == {"created"}
    assert await desk.count(INCIDENTS) == 40


async def test_a_line_that_cannot_be_recorded_stops_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [a_report(incident_id=str(new_id())) for _ in range(5)]
    add = Outbox.add_rows

    async def too_large(self: Outbox, transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        if any(row["subject"] == items[2]["incident_id"] for row in rows):
            raise MessageTooLarge("as if it were")
        await add(self, transaction, rows)

    monkeypatch.setattr(Outbox, "add_rows", too_large)
    results = await answers(desk, TOGETHER, [json.dumps(one).encode() for one in items], 5)
    assert [one["result"] for one in results] == ["created", "created", "refused", "created", "created"]
    assert await desk.count(INCIDENTS) == await desk.count(REVISIONS) == len(await desk.published()) == 4
