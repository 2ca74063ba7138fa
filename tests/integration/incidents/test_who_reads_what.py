"""TLP, classification and `releasable_to` decide what each key reads: whole, reduced, or nothing; contacts on top."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from clearway_incidents.domain.sight import shown_event
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS
from clearway_platform.auth.principals import CEILINGS, Role
from clearway_platform.clock import new_id
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedRow

from .conftest import Desk, a_report

FEED = table_of(FeedRow)
SECRET = "behind the third culvert"
SUBSCRIBER = "unmix:subscriber"
SEEN_BY_NONE = {"classification": "strictly_confidential"}
POINT = [-3.9962, 17.0421]


def marked(**sharing: Any) -> dict[str, Any]:
    """A report with these marks, and the secret in every field that a reader may be kept from."""
    lines = {"line_2_reporting_unit_and_location": SECRET, "line_3_contact_method": SECRET}
    return {
        "sharing": sharing,
        "narrative": SECRET,
        "location": a_report()["location"] | {"place_name": SECRET, "admin2": SECRET, "chainage_m": 4711},
        "external_refs": [
            {"system": "register", "id": SECRET, "url": f"https://example.org/{SECRET.replace(' ', '-')}"}
        ],
        "report": {"organisation": SECRET, "role": "commander", "contact_ref": SECRET, "nine_line": lines},
    }


async def found(desk: Desk, by: str, **query: Any) -> list[str]:
    answer = await desk.ask("GET", by=by, **query)
    assert answer.status_code == 200, answer.text
    return [item["incident_id"] for item in answer.json()["items"]]


async def everything(desk: Desk, incident: dict[str, Any], by: str) -> str:
    """All that a key is answered about an incident."""
    path = f"/{incident['incident_id']}"
    now = desk.clock.now().isoformat()
    answers = [
        await desk.ask("GET", path, by=by),
        await desk.ask("GET", path, by=by, as_of=now),
        await desk.ask("GET", f"{path}/revisions", by=by, with_incident=True),
        await desk.ask("GET", f"{path}/revisions/1", by=by),
        await desk.ask("GET", by=by),
        await desk.ask("GET", by=by, as_of=now),
        await desk.ask("GET", "/v1/retracted-incidents", by=by),
        await desk.ask("GET", "/v1/proposals", by=by),
    ]
    assert all(answer.status_code in (200, 404) for answer in answers)
    return "\n".join(answer.text for answer in answers)


def is_told(text: str) -> bool:
    return SECRET in text or SECRET.replace(" ", "-") in text


@pytest.mark.parametrize("tlp", ["red", "amber_strict"])
async def test_above_its_tlp_a_key_reads_the_reduced_incident(desk: Desk, tlp: str) -> None:
    made = await desk.report(**marked(tlp=tlp))
    text = await everything(desk, made, SUBSCRIBER)
    assert made["incident_id"] in text
    assert not is_told(text)
    assert "-3.9962" not in text
    seen = await desk.read(made, by=SUBSCRIBER)
    assert (seen["form"], seen["narrative"], seen["reports"], seen["location"]["point"]) == ("reduced", None, [], None)
    assert (seen["category"], seen["hazard_state"]) == ("ied", "active")
    assert (seen["time"]["earliest"], seen["time"]["latest"]) == ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    assert set(seen["left_out"]) >= {"narrative", "reports", "location.point", "time.occurred_at"}


async def test_the_place_is_a_cell_that_contains_it_and_does_not_change(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="red"))
    [first, again] = [await desk.read(made, by=SUBSCRIBER) for _ in range(2)]
    assert first["location"]["area"] == again["location"]["area"]
    ring = first["location"]["area"]["coordinates"][0]
    assert min(x for x, _ in ring) <= POINT[0] <= max(x for x, _ in ring)
    assert min(y for _, y in ring) <= POINT[1] <= max(y for _, y in ring)
    assert (await desk.read(made, by="unmix:admin"))["location"]["point"]["coordinates"] == POINT


async def test_up_to_its_ceiling_a_key_reads_the_whole(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="amber"))
    seen = await desk.read(made, by=SUBSCRIBER)
    assert (seen["form"], seen["narrative"], seen["location"]["place_name"]) == ("full", SECRET, SECRET)
    assert seen["location"]["point"]["coordinates"] == POINT


@pytest.mark.parametrize("sharing", [SEEN_BY_NONE, {"classification": "confidential"}, {"releasable_to": ["Halo"]}])
async def test_above_its_classification_or_for_others_there_is_nothing(desk: Desk, sharing: dict[str, Any]) -> None:
    made = await desk.report(**marked(tlp="clear", **sharing))
    text = await everything(desk, made, SUBSCRIBER)
    asked = made["incident_id"]  # the answers name what was asked for
    assert asked not in text.replace(f"incidents/{asked}", "").replace(f"'{asked}", "")
    assert not is_told(text)
    assert await found(desk, SUBSCRIBER) == []
    assert await found(desk, "unmix:admin") == [made["incident_id"]]


async def test_what_names_organisations_is_read_by_their_keys(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="green", releasable_to=["HALO Trust", 'A "B" %']))
    for organisation in ("halo  trust", 'a "b" %'):
        assert await found(desk, f"{SUBSCRIBER}@{organisation}") == [made["incident_id"]]
        assert (await desk.read(made, by=f"{SUBSCRIBER}@{organisation}"))["narrative"] == SECRET
    for organisation in ("halo", "trust", "%", "_ALO Trust"):
        assert await found(desk, f"{SUBSCRIBER}@{organisation}") == []


async def test_pages_are_full_of_what_may_be_read(desk: Desk) -> None:
    wanted = []
    for _ in range(3):
        wanted.append((await desk.report())["incident_id"])
        await desk.report(sharing=SEEN_BY_NONE)
    page = (await desk.ask("GET", by=SUBSCRIBER, limit=2)).json()
    assert [item["incident_id"] for item in page["items"]] == wanted[:0:-1]
    assert await found(desk, SUBSCRIBER, cursor=page["next"]) == wanted[:1]


async def test_filters_find_no_place_and_no_hour_that_may_not_be_read(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="red"))
    inside, beside, elsewhere = "-3.997,17.042,-3.996,17.043", "-3.93,17.01,-3.92,17.02", "-3.85,17.0,-3.8,17.1"
    for box, seen in ((inside, True), (beside, True), (elsewhere, False)):
        assert (await found(desk, SUBSCRIBER, bbox=box) == [made["incident_id"]]) is seen
    assert await found(desk, "unmix:admin", bbox=beside) == []
    for since in ("2026-03-01T05:00:00Z", "2026-03-01T23:00:00Z"):
        assert await found(desk, SUBSCRIBER, **{"from": since}) == [made["incident_id"]]
    assert await found(desk, "unmix:admin", **{"from": "2026-03-01T23:00:00Z"}) == []
    for until in ("2026-03-01T01:00:00Z", "2026-03-01T23:00:00Z"):
        assert await found(desk, SUBSCRIBER, to=until) == [made["incident_id"]]


async def test_what_it_is_marked_now_holds_for_its_past(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="green"))
    was_open = desk.clock.now().isoformat()
    path = f"/{made['incident_id']}"
    raised = await desk.ask("PATCH", path, {"sharing": {"tlp": "red"}}, by="unmix:admin", seen=1)
    assert raised.status_code == 200, raised.text
    assert not is_told(await everything(desk, made, SUBSCRIBER))
    assert (await desk.ask("GET", path, by=SUBSCRIBER, as_of=was_open)).json()["form"] == "reduced"
    lowered = await desk.ask("PATCH", path, {"sharing": {"tlp": "green"}}, by="unmix:admin", seen=2)
    assert lowered.status_code == 200, lowered.text
    assert (await desk.ask("GET", f"{path}/revisions/2", by=SUBSCRIBER)).json()["incident"]["form"] == "reduced"
    assert (await desk.ask("GET", f"{path}/revisions/3", by=SUBSCRIBER)).json()["incident"]["form"] == "full"


async def test_a_list_as_of_a_time_asks_for_the_marks_of_now(desk: Desk) -> None:
    made = await desk.report(sharing={"tlp": "green"})
    then = desk.clock.now().isoformat()
    raised = await desk.ask("PATCH", f"/{made['incident_id']}", {"sharing": SEEN_BY_NONE}, by="unmix:admin", seen=1)
    assert raised.status_code == 200, raised.text
    assert await found(desk, SUBSCRIBER, as_of=then) == []
    assert await found(desk, "unmix:admin", as_of=then) == [made["incident_id"]]


async def test_contacts_are_for_those_who_assess(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="green"))
    for by, told in (("unmix:verifier", SECRET), ("unmix:admin", SECRET), ("unmix:analyst", None), (SUBSCRIBER, None)):
        [report] = (await desk.read(made, by=by))["reports"]
        assert (report["contact_ref"], report["nine_line"]["line_3_contact_method"]) == (told, told)
        assert report["nine_line"]["line_2_reporting_unit_and_location"] == SECRET
    [(_, published)] = await desk.published()
    assert b"line_3_contact_method" not in published or b'"line_3_contact_method":null' in published
    assert b'"contact_ref":null' in published


async def test_a_report_above_its_own_ceiling_is_taken_and_answered_reduced(desk: Desk) -> None:
    answer = await desk.ask("POST", body=a_report(**marked(tlp="red", **SEEN_BY_NONE)), by="unmix:reporter")
    assert answer.status_code == 201
    assert answer.json()["form"] == "reduced"
    assert (await desk.ask("GET", f"/{answer.json()['incident_id']}", by="unmix:reporter")).status_code == 404


async def test_what_may_not_be_read_cannot_be_changed(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="clear", **SEEN_BY_NONE))
    other = await desk.report()
    path = f"/{made['incident_id']}"
    for answer in (
        await desk.ask("PATCH", path, {"narrative": "x"}, by="unmix:reporter", seen=1),
        await desk.ask("POST", f"{path}/review", {}, by="unmix:verifier", seen=1),
        await desk.ask("POST", f"{path}/hazard", {"hazard_state": "marked"}, by="unmix:operator", seen=1),
    ):
        assert answer.status_code == 404, answer.text
    merged = await desk.ask(
        "POST", f"/{other['incident_id']}/merge", {"survivor_id": made["incident_id"]}, by="unmix:verifier", seen=1
    )
    assert merged.status_code == 422
    assert (await desk.read(made, by="unmix:admin"))["revision"] == 1


async def test_rows_of_an_older_program_have_their_marks_in_the_state(desk: Desk) -> None:
    """It writes no columns for them, and leaves those of the revision before."""
    hidden = await desk.report(**marked(tlp="clear", **SEEN_BY_NONE))
    named = await desk.report(sharing={"tlp": "green", "releasable_to": ["Halo"]})
    for table in (INCIDENTS, REVISIONS):
        async with desk.database.of_every_mission("a test").write() as transaction:
            values = {"tlp": "clear", "classification": "unclassified", "releasable_to": "[]", "marks_of": None}
            await transaction.connection.execute(update(table).values(values))
    assert await found(desk, SUBSCRIBER) == []
    assert await found(desk, f"{SUBSCRIBER}@HALO") == [named["incident_id"]]
    assert await found(desk, "unmix:admin") == [named["incident_id"], hidden["incident_id"]]


async def test_an_earlier_event_is_marked_as_the_incident_is_now(desk: Desk) -> None:
    """For those who catch up on the stream: it was sent whole before."""
    made = await desk.report(**marked(tlp="green"))
    [(_, body)] = await desk.published()
    row = {
        "position": 1,
        "event_id": new_id(),
        "mission": "unmix",
        "type": "incident.reported",
        "subject": made["incident_id"],
        "time": desk.clock.now(),
        "published_at": desk.clock.now(),
        "data": body.decode(),
    }
    async with desk.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(insert(FEED).values(row))
    path, ceiling = f"/{made['incident_id']}", CEILINGS[Role.SUBSCRIBER]
    for revision, (sharing, seen) in enumerate([({"tlp": "clear"}, True), ({"tlp": "red"}, False)], 1):
        changed = await desk.ask("PATCH", path, {"sharing": sharing}, by="unmix:admin", seen=revision)
        assert changed.status_code == 200, changed.text
        [stored] = await desk.rows(select(FEED.c.data))
        event = shown_event(json.loads(stored.data), ceiling)
        assert event is not None
        assert (SECRET in json.dumps(event)) is seen


async def test_marks_are_lowered_by_those_who_read_the_whole(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="red"))
    path, lower = f"/{made['incident_id']}", {"sharing": {"tlp": "green"}}
    for by in ("unmix:reporter", "unmix:verifier"):
        refused = await desk.ask("PATCH", path, lower, by=by, seen=1)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["field"] == "body.sharing"
    corrected = await desk.ask("PATCH", path, {"outcome": "unknown"}, by="unmix:reporter", seen=1)
    assert (corrected.status_code, is_told(corrected.text)) == (200, False)
    lowered = await desk.ask("PATCH", path, lower, by="unmix:admin", seen=2)
    assert (await desk.read(made, by=SUBSCRIBER))["form"] == "full", lowered.text


async def test_what_is_merged_is_marked_as_the_narrower_of_the_two(desk: Desk) -> None:
    """The survivor has the reports of both; undone, it has its own marks again."""
    loser = await desk.report(**marked(tlp="red"))
    survivor = await desk.report(sharing={"tlp": "clear"})
    order = {"survivor_id": survivor["incident_id"]}
    alias = await desk.step(loser, "merge", order, by="unmix:admin")
    assert (await desk.read(survivor, by="unmix:admin"))["sharing"]["tlp"] == "red"
    assert not is_told(await everything(desk, survivor, SUBSCRIBER))
    await desk.step(alias, "unmerge", by="unmix:admin")
    assert (await desk.read(survivor, by="unmix:admin"))["sharing"]["tlp"] == "clear"
    assert not is_told(await everything(desk, survivor, SUBSCRIBER))


async def test_what_is_for_different_organisations_is_not_merged(desk: Desk) -> None:
    loser, survivor = [await desk.report(sharing={"releasable_to": [name]}) for name in ("Halo", "Mag")]
    order = {"survivor_id": survivor["incident_id"]}
    answer = await desk.ask("POST", f"/{loser['incident_id']}/merge", order, by="unmix:verifier", seen=1)
    assert answer.status_code == 409
    assert "different organisations" in answer.json()["detail"]
