"""A program whose incident has one more field reads, corrects, lists and streams what earlier programs wrote."""

import json
from datetime import timedelta
from typing import Any, cast

import pytest
from pydantic import TypeAdapter
from sqlalchemy import select

from clearway_contracts.codec import decode
from clearway_contracts.incident import IncidentState
from clearway_contracts.incidents import IncidentChange
from clearway_incidents.domain.chain import seal, sealed_part
from clearway_incidents.storage.states import INCIDENT
from clearway_incidents.storage.tables import EXTERNAL_REFS, INCIDENTS, REVISIONS
from clearway_platform.database.states import State, StateVersions, only_added, without_version
from clearway_platform.messaging.relay.worker import Relay
from clearway_platform.service import Platform
from clearway_testing.recording_log import RecordingLog

from .conftest import Desk, a_report, desk_of


class IncidentWithWeather(IncidentState):
    """The incident, as the program after this one might have it."""

    weather: str


class IncidentWithRemark(IncidentState):
    """The incident with a field that may be missing."""

    remark: str | None = "none"


def weather_is_not_known(fields: State) -> State:
    return {**fields, "weather": "unknown"}


class Release010(StateVersions[IncidentState]):
    """State as release 0.1.0 wrote it: without a version."""

    def write(self, value: IncidentState) -> State:
        return without_version(super().write(value))


OLDEST = Release010("incident", INCIDENT.form)
NEWER = cast(
    StateVersions[IncidentState],
    StateVersions("incident", TypeAdapter(IncidentWithWeather), (*INCIDENT.upcasters, weather_is_not_known)),
)
ADDING = cast(
    StateVersions[IncidentState],
    StateVersions(
        "incident", TypeAdapter(IncidentWithRemark), (*INCIDENT.upcasters, only_added), compatible_from=INCIDENT.newest
    ),
)
EARLIER = pytest.mark.parametrize("earlier", [OLDEST, INCIDENT], ids=["0.1.0", "version 1"])


async def recorded_by(platform: Platform, states: StateVersions[IncidentState]) -> dict[str, Any]:
    """An incident of two revisions that a program wrote."""
    async with desk_of(platform, states) as desk:
        incident = await desk.report()
        path = f"/{incident['incident_id']}"
        corrected = await desk.ask("PATCH", path, {"narrative": "seen again"}, seen=1)
        assert corrected.status_code == 200, corrected.text
        desk.clock.advance(timedelta(hours=1))
        return cast(dict[str, Any], corrected.json())


async def sealed_in_order(desk: Desk) -> list[int | None]:
    """The stored versions of all revisions, each of which the hash before it holds."""
    rows = await desk.rows(select(REVISIONS).order_by(REVISIONS.c.revision))
    previous = None
    for row in rows:
        assert row.prev_hash == previous
        previous = seal(sealed_part(row.state, row.kind, row.by, row.reason), previous)
        assert row.hash == previous
    return [row.state.get("v") for row in rows]


@EARLIER
async def test_reads_are_in_the_newest_shape(platform: Platform, earlier: StateVersions[IncidentState]) -> None:
    written = await recorded_by(platform, earlier)
    async with desk_of(platform, NEWER) as desk:
        now = await desk.read(written)
        then = await desk.read(written, as_of=written["audit"]["updated_at"])
        listed = (await desk.ask("GET")).json()["items"]
        listed_then = (await desk.ask("GET", as_of=written["audit"]["updated_at"])).json()["items"]
        revision = (await desk.ask("GET", f"/{written['incident_id']}/revisions/1")).json()["incident"]
    expected = written | {"weather": "unknown"}
    assert now == then == expected
    assert listed == listed_then == [expected]
    assert (revision["weather"], revision["revision"]) == ("unknown", 1)


@EARLIER
async def test_commands_go_on_from_what_was_written(platform: Platform, earlier: StateVersions[IncidentState]) -> None:
    written = await recorded_by(platform, earlier)
    async with desk_of(platform, NEWER) as desk:
        path = f"/{written['incident_id']}"
        same = await desk.ask("PATCH", path, {"narrative": "seen again"}, seen=2)
        assert (same.status_code, same.json()["revision"]) == (200, 2)
        corrected = await desk.ask("PATCH", path, {"outcome": "detonated"}, seen=2)
        assert corrected.status_code == 200, corrected.text
        incident = await desk.step(corrected.json(), "review")
        assert incident["weather"] == "unknown"
        history = (await desk.rows(select(REVISIONS.c.changed).order_by(REVISIONS.c.revision)))[2:]
        assert [row.changed for row in history] == [["outcome"], ["status"]]
        old, new = None if earlier is OLDEST else INCIDENT.newest, NEWER.newest
        assert await sealed_in_order(desk) == [old, old, new, new]
        [row] = await desk.rows(select(INCIDENTS.c.state))
        assert (row.state["v"], row.state["weather"]) == (new, "unknown")


@EARLIER
async def test_merged_and_retracted_incidents_are_read_too(
    platform: Platform, earlier: StateVersions[IncidentState]
) -> None:
    written, survivor = await recorded_by(platform, earlier), await recorded_by(platform, earlier)
    async with desk_of(platform, earlier) as desk:
        alias = await desk.step(written, "merge", {"survivor_id": survivor["incident_id"]})
    async with desk_of(platform, NEWER) as desk:
        restored = await desk.step(alias, "unmerge")
        assert (restored["status"], restored["weather"]) == ("reported", "unknown")
        assert len((await desk.read(survivor))["reports"]) == 1
    async with desk_of(platform, earlier) as desk:
        gone = await recorded_by(platform, earlier)
        await desk.step(gone, "retract", {"reason": "false_report"})
    async with desk_of(platform, NEWER) as desk:
        retracted = (await desk.ask("GET", status="retracted")).json()["items"]
        assert [(item["incident_id"], item["weather"]) for item in retracted] == [(gone["incident_id"], "unknown")]


@EARLIER
async def test_the_stream_goes_on_with_the_same_events(
    platform: Platform, earlier: StateVersions[IncidentState]
) -> None:
    written = await recorded_by(platform, earlier)
    async with desk_of(platform, NEWER) as desk:
        await desk.step(written, "review")
    log = RecordingLog()
    relay = Relay(
        service="incidents",
        database=platform.database,
        broker=log,
        outbox=platform.outbox,
        feed=platform.feed,
        clock=platform.clock,
    )
    await relay.drain()
    streamed = [json.loads(entry.json) for entry in await platform.feed.after("unmix", 0, 10)]
    consumed = [decode(message.key, message.value, message.headers) for message in log.messages]
    changes = [event.data for event in consumed if event is not None and isinstance(event.data, IncidentChange)]
    assert [event["revision"] for event in streamed] == [1, 2, 3] == [change.revision for change in changes]
    assert [event["changed"] for event in streamed[1:]] == [["narrative"], ["status"]]
    assert not {"v"} & streamed[2]["incident"].keys()


async def test_what_a_newer_program_wrote_is_refused_until_this_one_is_replaced(platform: Platform) -> None:
    async with desk_of(platform) as desk:
        incident = await desk.report()
    async with desk_of(platform, NEWER) as newer:
        incident = await newer.step(incident, "review")
    async with desk_of(platform) as desk:
        path = f"/{incident['incident_id']}"
        refused = [
            await desk.ask("GET", path),
            await desk.ask("GET"),
            await desk.ask("GET", f"{path}/revisions?with_incident=true"),
            await desk.ask("POST", f"{path}/dispute", {"reason": "not plausible"}, seen=2),
        ]
        assert [answer.status_code for answer in refused] == [503] * 4
        assert all("newer version of Clearway wrote this incident" in answer.json()["detail"] for answer in refused)
        assert (await desk.ask("GET", f"{path}/revisions/1")).status_code == 200
        assert await desk.count(REVISIONS) == 2


async def test_what_a_newer_program_added_is_read_and_not_lost(platform: Platform) -> None:
    """Both run during an upgrade: the older one shows what it knows, and leaves changes to the newer one."""
    async with desk_of(platform) as desk:
        incident, other = await desk.report(), await desk.report()
    async with desk_of(platform, ADDING) as newer:
        assert (await newer.read(other))["remark"] == "none"
        incident = await newer.step(incident, "review")
        assert incident["remark"] == "none"
    async with desk_of(platform) as desk:
        known = {name: value for name, value in incident.items() if name != "remark"}
        assert await desk.read(incident) == known
        assert known in (await desk.ask("GET")).json()["items"]
        refused = await desk.ask("PATCH", f"/{incident['incident_id']}", {"narrative": "seen again"}, seen=2)
        assert (refused.status_code, "newer version" in refused.json()["detail"]) == (503, True)
        other = await desk.step(other, "review")
    async with desk_of(platform, ADDING) as newer:
        assert (await newer.step(incident, "dispute", {"reason": "not plausible"}))["revision"] == 3
        assert (await newer.read(other))["remark"] == "none"


async def test_content_that_an_earlier_program_kept_is_compared(platform: Platform) -> None:
    item = a_report(external_refs=[{"system": "jocc", "id": "1"}], report=None, hazard_state="marked")
    async with desk_of(platform) as desk:
        assert (await desk.ask("POST", body=item, by="unmix:operator")).status_code == 201
        async with platform.database.of_every_mission("a test").write() as transaction:
            [row] = await transaction.connection.execute(select(EXTERNAL_REFS.c.content))
            assert row.content["v"] == 1
            await transaction.connection.execute(EXTERNAL_REFS.update().values(content=without_version(row.content)))
        items = [item, item | {"outcome": "detonated"}]
        answer = await desk.ask("POST", "/v1/incident-imports", items, by="unmix:operator")
        assert [result["result"] for result in answer.json()["items"]] == ["unchanged", "corrected"]
        [row] = await desk.rows(select(EXTERNAL_REFS.c.content))
        assert (row.content["v"], row.content["outcome"]) == (1, "detonated")
