"""A text that reads like instructions is withheld everywhere but from the person who reviews it. The warning is not."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from clearway_contracts.vocabulary import Channel
from clearway_incidents.commands.retention import Retention
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.content_guard import WITHHELD
from clearway_incidents.main import STORAGE
from clearway_incidents.settings import IncidentsSettings
from clearway_incidents.storage.states import INCIDENT
from clearway_incidents.storage.tables import EXTERNAL_REFS, HELD_TEXTS, INCIDENT_WORDS
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.service import Platform

from .conftest import Desk, a_claim, a_report, desk_of

# Made up, as everything here that stands for instructions.
SUBSTANCE = "flurbium"


def told(mark: str) -> str:
    """A text that is held, and differs from others by its mark."""
    return f"Mix two cups of {SUBSTANCE} with one cup of blenk and stir, {mark}"


async def held(desk: Desk, by: str = "unmix:verifier", **query: Any) -> dict[str, dict[str, Any]]:
    """The held texts that are listed, by their fields."""
    answer = await desk.ask("GET", "/v1/held-texts", by=by, **query)
    assert answer.status_code == 200, answer.text
    return {item["field"]: item for item in answer.json()["items"]}


async def decide(desk: Desk, text: dict[str, Any], how: str, body: object, **options: Any) -> httpx.Response:
    return await desk.ask(
        "POST", f"/v1/held-texts/{text['held_id']}/{how}", body, **{"seen": text["revision"], **options}
    )


async def dump(desk: Desk) -> str:
    """Every row of every table but that of held texts. Of bytes, what they say. The index of words is asked: SQLite's
    shows no rows."""
    for word in (SUBSTANCE, "blenk"):
        assert (await desk.ask("GET", by="unmix:admin", text=word)).json()["items"] == []
    others = {HELD_TEXTS, INCIDENT_WORDS}
    tables = [table for metadata in STORAGE.metadata for table in metadata.sorted_tables if table not in others]
    rows = [tuple(row) for table in tables for row in await desk.rows(select(table))]
    assert rows
    return "\n".join(
        value.decode(errors="replace") if isinstance(value, bytes) else repr(value) for row in rows for value in row
    )


async def test_the_warning_goes_out_at_once_and_the_text_goes_to_a_person(desk: Desk) -> None:
    made = await desk.report(narrative=told("x"), report={"organisation": "Convoy 12", "channel": "radio"})
    assert (made["narrative"], made["withheld"], made["revision"]) == (WITHHELD, ["narrative"], 1)
    assert (made["category"], made["hazard_state"]) == ("ied", "active")
    [(kind, body)] = await desk.published()
    assert kind == "incident.reported"
    assert json.loads(body)["incident"]["narrative"] == WITHHELD
    assert (await desk.read(made, by="unmix:reporter"))["withheld"] == ["narrative"]

    listed = (await held(desk))["narrative"]
    assert (listed["incident_id"], listed["incident_revision"]) == (made["incident_id"], 1)
    assert (listed["state"], listed["organisation"], listed["sent_by"]) == ("open", "Convoy 12", "unmix:reporter")
    assert "tells_to_make" in listed["why"]
    assert "text" not in listed
    answer = await desk.ask("GET", f"/v1/held-texts/{listed['held_id']}")
    assert answer.json()["text"] == told("x")
    assert answer.headers["ETag"] == '"1"'


async def everything(desk: Desk) -> tuple[dict[str, Any], int]:
    """An incident with such a text wherever it takes one, by every way in, each write under a key for its repeat; and
    how many texts that were."""
    keys = iter(range(100))

    def once() -> dict[str, str]:
        return {"Idempotency-Key": f"key-{next(keys)}"}

    names = [name for name in a_report()["report"] if name != "channel"]
    lines = ["1_date_time_group", "2_reporting_unit_and_location", "3_contact_method", "4_type_of_ordnance"]
    lines += ["5_cbrn_contamination", "6_resources_threatened", "7_impact_on_mission", "8_protective_measures"]
    lines += ["9_recommended_priority"]
    report: dict[str, Any] = {name: told(name) for name in names}
    report |= {"channel": Channel.RADIO, "nine_line": {f"line_{line}": told(line) for line in lines}}
    place = a_report()["location"] | {name: told(name) for name in ("place_name", "admin1", "admin2")}
    body = a_report(
        narrative=told("narrative"), location=place, report=report, external_refs=[{"system": "s", "id": "1"}]
    )
    answer = await desk.ask("POST", body=body, by="unmix:reporter", headers=once())
    made = answer.json()
    count = 1 + 3 + len(names) + len(lines)
    assert len(made["withheld"]) == count, made["withheld"]

    async def change(method: str, path: str, body: object, by: str, **query: Any) -> None:
        nonlocal made
        path = f"/{made['incident_id']}{path}"
        answer = await desk.ask(method, path, body, by=by, seen=made["revision"], headers=once(), **query)
        assert answer.status_code == 200, answer.text
        made = answer.json()

    await change("PATCH", "", {"priority": "minor"}, "unmix:reporter", reason=told("of patch"))
    assert "reason" in made["withheld"]
    await change("PATCH", "", {"narrative": told("another narrative")}, "unmix:reporter")
    await change("POST", "/reports", {"organisation": told("second")}, "unmix:operator")
    claim = a_claim(organisation=told("clears"), extent=told("extent"), reference=told("ref"), reason=told("claim"))
    await change("POST", "/clearance", claim, "unmix:verifier")
    await change("POST", "/confirm-clearance", {"override_reason": told("override")}, "unmix:verifier")
    await change("POST", "/dispute", {"reason": told("dispute")}, "unmix:verifier")
    await change("POST", "/retract", {"reason": "privacy", "note": told("retract")}, "unmix:verifier")
    return made, count + 1 + 1 + 1 + 4 + 1 + 1 + 1


async def test_nothing_of_a_held_text_is_anywhere_else_and_none_is_lost(desk: Desk) -> None:
    _made, count = await everything(desk)
    item = a_report(narrative=told("import"), external_refs=[{"system": "s", "id": "2"}])
    answer = await desk.ask("POST", "/v1/incident-imports", [item], by="unmix:admin", headers={"Idempotency-Key": "i"})
    assert answer.json()["items"][0]["withheld"] == ["narrative"]
    text = f"LINE 2: 30Q VD 12345 67890 LINE 4: IED found LINE 7: {told('nine')}"
    sent = {"text": text, "record": True}
    for _ in range(2):  # the second is the answer that was kept
        answer = await desk.ask(
            "POST", "/v1/incidents:nine-line", sent, by="unmix:reporter", headers={"Idempotency-Key": "n"}
        )
        assert answer.status_code == 201, answer.text
        assert SUBSTANCE not in answer.text
        assert len(answer.json()["lines"]) == 9
        assert answer.json()["incident"]["withheld"]
    kept = await desk.rows(select(HELD_TEXTS))
    assert SUBSTANCE not in await dump(desk)
    assert all(SUBSTANCE in row.text for row in kept)
    assert len(kept) == count + 1 + len(answer.json()["incident"]["withheld"])
    texts = " ".join(row.text for row in kept)
    for mark in ("place_name", "contact_ref", "8_protective_measures", "another narrative", "of patch", "override"):
        assert told(mark) in texts, mark


async def test_a_text_that_is_only_shown_back_to_its_sender_is_shown(desk: Desk) -> None:
    body = {"text": f"LINE 2: 30Q VD 12345 67890 LINE 4: IED found LINE 7: {told('nine')}"}
    answer = await desk.ask("POST", "/v1/incidents:nine-line", body, by="unmix:reporter")
    assert SUBSTANCE in answer.text
    assert SUBSTANCE not in await dump(desk)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("external_refs.0.id", {"external_refs": [{"system": "s", "id": told("x")}]}),
        ("external_refs.0.system", {"external_refs": [{"system": told("x"), "id": "1"}]}),
        (
            "external_refs.0.url",
            {"external_refs": [{"system": "s", "id": "1", "url": f"https://example.org/{told('x')}"}]},
        ),
        ("sharing.releasable_to.1", {"sharing": {"releasable_to": ["Halo", told("x")]}}),
    ],
)
async def test_a_name_that_decides_something_is_refused_with_its_place(
    desk: Desk, field: str, changes: dict[str, Any]
) -> None:
    answer = await desk.ask("POST", body=a_report(**changes), by="unmix:reporter")
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == f"body.{field}"
    assert SUBSTANCE not in answer.text
    good = a_report(external_refs=[{"system": "s", "id": "good"}])
    items = [changes and a_report(**({"external_refs": [{"system": "s", "id": "2"}]} | changes)), good]
    imported = await desk.ask("POST", "/v1/incident-imports", items, by="unmix:operator")
    assert [item["result"] for item in imported.json()["items"]] == ["refused", "created"]
    assert SUBSTANCE not in imported.text + await dump(desk)


async def test_a_released_text_is_a_revision_and_is_not_held_again(desk: Desk) -> None:
    made = await desk.report(narrative=told("x"))
    answer = await decide(desk, (await held(desk))["narrative"], "release", {"reason": "a report of a workshop"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["decided_by"]) == ("released", "unmix:verifier")
    now = await desk.read(made)
    assert (now["narrative"], now["withheld"], now["revision"]) == (told("x"), [], 2)
    kind, body = (await desk.published())[-1]
    assert (kind, json.loads(body)["changed"]) == ("incident.corrected", ["narrative"])
    history = (await desk.ask("GET", f"/{made['incident_id']}/revisions")).json()["items"]
    assert (history[0]["kind"], history[0]["reason"]) == ("text_released", "a report of a workshop")
    assert not await held(desk)
    again = await decide(desk, answer.json(), "remove", {"reason": "changed my mind"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")

    patched = await desk.ask("PATCH", f"/{made['incident_id']}", {"priority": "minor"}, seen=2)
    assert (patched.json()["narrative"], patched.json()["withheld"]) == (told("x"), [])
    assert not await held(desk)


async def test_a_redacted_text_is_put_there_instead(desk: Desk) -> None:
    made = await desk.report(location=a_report()["location"] | {"place_name": told("x")})
    waiting = (await held(desk))["location.place_name"]
    for text, problem in (("Km 12\nnorth", "one line"), ("x" * 201, "200 characters")):
        refused = await decide(desk, waiting, "release", {"text": text})
        assert refused.status_code == 422
        assert problem in refused.json()["errors"][0]["problem"]
    assert (await decide(desk, waiting, "release", {"text": "Workshop at km 12"})).status_code == 200
    assert (await desk.read(made))["location"]["place_name"] == "Workshop at km 12"
    [decided] = (await held(desk, state="released")).values()
    whole = (await desk.ask("GET", f"/v1/held-texts/{decided['held_id']}")).json()
    assert (whole["text"], whole["redacted"]) == (told("x"), "Workshop at km 12")


async def test_a_removed_text_stays_out(desk: Desk) -> None:
    made = await desk.report(narrative=told("x"))
    waiting = (await held(desk))["narrative"]
    assert (await decide(desk, waiting, "remove", {})).status_code == 422
    assert (await decide(desk, waiting, "remove", {"reason": told("because")})).status_code == 422
    removed = await decide(desk, waiting, "remove", {"reason": "says how something is made"})
    assert removed.json()["state"] == "removed"
    assert (await decide(desk, removed.json(), "release", {})).status_code == 409
    assert (await desk.read(made))["narrative"] == WITHHELD
    assert (await held(desk, state="removed"))["narrative"]["reason"] == "says how something is made"


async def test_nobody_releases_what_they_sent(desk: Desk) -> None:
    await desk.report(narrative=told("x"), by="unmix:verifier:phone:anna")
    waiting = (await held(desk))["narrative"]
    own = await decide(desk, waiting, "release", {}, by="unmix:verifier:desktop:anna")
    assert (own.status_code, own.json()["code"]) == (403, "not_yours")
    assert (await held(desk))["narrative"]["state"] == "open"
    assert (await decide(desk, waiting, "release", {}, by="unmix:verifier:desktop:bert")).status_code == 200


async def test_the_same_text_again_is_kept_once_and_another_one_beside_it(desk: Desk) -> None:
    made = await desk.report(narrative=told("x"))
    for text in (told("x"), told("y"), told("y")):
        answer = await desk.ask("PATCH", f"/{made['incident_id']}", {"narrative": text}, seen=1)
        assert (answer.status_code, answer.json()["withheld"]) == (200, ["narrative"])
    texts = [row.text for row in await desk.rows(select(HELD_TEXTS).order_by(HELD_TEXTS.c.held_id))]
    assert texts == [told("x"), told("y")]


async def test_a_text_is_not_put_over_what_was_said_since(desk: Desk) -> None:
    made = await desk.report(narrative=told("x"))
    await desk.ask("PATCH", f"/{made['incident_id']}", {"narrative": "Object near the culvert."}, seen=1)
    answer = await decide(desk, (await held(desk))["narrative"], "release", {})
    assert answer.status_code == 409
    assert (await held(desk))["narrative"]["state"] == "open"
    assert (await desk.read(made))["narrative"] == "Object near the culvert."


async def test_a_merge_holds_nothing_again_and_releases_nothing(desk: Desk) -> None:
    survivor, loser = await desk.report(), await desk.report(report={"organisation": told("x")})
    [(field, waiting)] = (await held(desk)).items()
    merged = await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"]})
    assert (await desk.read(survivor))["withheld"] == [field]
    assert (await decide(desk, waiting, "release", {})).status_code == 409
    await desk.step(merged, "unmerge")
    assert (await decide(desk, waiting, "release", {})).status_code == 200
    released = await desk.read(loser)
    await desk.step(released, "merge", {"survivor_id": survivor["incident_id"]})
    assert [report["organisation"] for report in (await desk.read(survivor))["reports"]] == ["Convoy 12", told("x")]
    assert not await held(desk)


async def test_a_reason_is_withheld_and_the_change_waits_for_nothing(desk: Desk) -> None:
    made = await desk.report(hazard_state="suspected")
    graver = await desk.step(made, "hazard", {"hazard_state": "active", "reason": told("x")}, by="unmix:reporter")
    assert (graver["hazard_state"], graver["withheld"]) == ("active", ["reason"])
    history = f"/{made['incident_id']}/revisions"
    assert (await desk.ask("GET", history)).json()["items"][0]["reason"] == WITHHELD
    await decide(desk, (await held(desk))["reason"], "release", {})
    assert (await desk.ask("GET", history)).json()["items"][0]["reason"] == told("x")
    assert (await desk.ask("GET", f"{history}/2")).json()["reason"] == told("x")
    assert (await desk.read(made))["revision"] == 2


async def imported(desk: Desk, **changes: Any) -> dict[str, Any]:
    item = a_report(external_refs=[{"system": "register", "id": "1"}], **changes)
    answer = await desk.ask("POST", "/v1/incident-imports", [item], by="unmix:operator")
    [result] = answer.json()["items"]
    assert isinstance(result, dict)
    return result


async def test_editions_are_compared_by_what_they_said(desk: Desk) -> None:
    first = await imported(desk, narrative=told("x"))
    assert (first["result"], first["withheld"]) == ("created", ["narrative"])
    assert (await imported(desk, narrative=told("x")))["result"] == "unchanged"
    await decide(desk, (await held(desk))["narrative"], "release", {"text": "A workshop was found."})
    newer = await imported(desk, narrative=told("x"), outcome="detonated")
    assert (newer["result"], newer["withheld"]) == ("corrected", [])
    now = await desk.read(first)
    assert (now["narrative"], now["outcome"]) == ("A workshop was found.", "detonated")
    assert not await held(desk)
    newest = await imported(desk, narrative=told("y"), outcome="detonated")
    assert (newest["result"], newest["withheld"]) == ("corrected", ["narrative"])
    assert (await held(desk))["narrative"]["state"] == "open"
    [row] = await desk.rows(select(EXTERNAL_REFS))
    assert SUBSTANCE not in json.dumps(row.content)
    plain = await imported(desk, narrative="Object near the culvert.", outcome="detonated")
    assert plain["result"] == "corrected"
    assert (await desk.read(first))["narrative"] == "Object near the culvert."


async def test_only_those_who_read_the_whole_incident_review_its_texts(desk: Desk) -> None:
    await desk.report(narrative=told("x"), sharing={"classification": "strictly_confidential"})
    [waiting] = (await held(desk, by="unmix:admin")).values()
    assert not await held(desk)
    path = f"/v1/held-texts/{waiting['held_id']}"
    assert (await desk.ask("GET", path)).status_code == 404
    assert (await decide(desk, waiting, "remove", {"reason": "none given"})).status_code == 404
    for role in ("reporter", "analyst", "subscriber", "operator"):
        assert (await desk.ask("GET", "/v1/held-texts", by=f"unmix:{role}")).status_code == 403
    for other in ("other:admin", "other:verifier"):
        assert not await held(desk, by=other)
        assert (await desk.ask("GET", path, by=other)).status_code == 404


async def test_those_of_one_incident_are_listed_alone(desk: Desk) -> None:
    one, other = [await desk.report(narrative=told(mark)) for mark in "ab"]
    quiet = await desk.report(by="other:reporter", narrative=told("c"))
    for made in (one, other):
        [waiting] = (await held(desk, incident_id=made["incident_id"])).values()
        assert waiting["incident_id"] == made["incident_id"]
    assert not await held(desk, incident_id=quiet["incident_id"])
    assert not await held(desk, incident_id=one["incident_id"], state="removed")


async def test_pages_begin_with_what_is_open(desk: Desk) -> None:
    for mark in "abcd":
        await desk.report(narrative=told(mark))
    ids = [row.held_id for row in await desk.rows(select(HELD_TEXTS.c.held_id).order_by(HELD_TEXTS.c.held_id))]
    for number in (1, 3):
        await decide(desk, {"held_id": ids[number], "revision": 1}, "remove", {"reason": "none given"})
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await desk.ask("GET", "/v1/held-texts", state=["open", "removed"], limit=1, **cursor)).json()
        seen += [item["held_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [str(ids[number]) for number in (2, 0, 3, 1)]


async def test_a_retraction_does_not_wait_and_a_dismissal_is_refused(desk: Desk) -> None:
    for number in ("1", "2"):
        item = a_report(external_refs=[{"system": "register", "id": number}])
        await desk.ask("POST", "/v1/incident-imports", [item], by="unmix:operator")
    edition = {"system": "register", "edition": told("x"), "ids": ["3"]}
    assert (await desk.ask("POST", "/v1/proposals", edition, by="unmix:operator")).status_code == 422
    await desk.ask("POST", "/v1/proposals", edition | {"edition": "2026.csv"}, by="unmix:operator")
    one, other = (await desk.ask("GET", "/v1/proposals")).json()["items"]
    path = f"/v1/proposals/{one['proposal_id']}"
    assert (await desk.ask("POST", f"{path}/dismiss", {"reason": told("x")}, seen=1)).status_code == 422
    accepted = await desk.ask("POST", f"{path}/accept", {"reason": "privacy", "note": told("y")}, seen=1)
    assert accepted.json()["reason"] == WITHHELD
    assert (await held(desk))["reason"]["incident_id"] == one["incident_id"]
    assert other["state"] == "open"
    assert SUBSTANCE not in await dump(desk)


async def test_held_texts_go_when_the_retention_ends(desk: Desk) -> None:
    until = (desk.clock.now() + timedelta(hours=1)).isoformat()
    await desk.report(narrative=told("x"), sharing={"retention_until": until})
    await desk.report(narrative=told("y"))
    desk.clock.advance(timedelta(hours=2))
    assert await Retention(Revisions(desk.clock, Outbox(desk.clock), INCIDENT), desk.database).apply() == 1
    assert [row.text for row in await desk.rows(select(HELD_TEXTS))] == [told("y")]


async def test_words_of_the_mission_hold_a_text(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_text("# made up\nquibbet shell\n\nWuggin\n")
    own = IncidentsSettings(guard_terms=file)
    platform = type(platform)(**{name: getattr(platform, name) for name in platform.__slots__} | {"own": own})
    async with desk_of(platform) as desk:
        assert (await desk.report(narrative="A Quibbet Shell was seen."))["withheld"] == ["narrative"]
        assert (await desk.report(narrative="A quibbet was seen, and a shell."))["withheld"] == []
        [waiting] = (await held(desk)).values()
        assert waiting["why"] == ["has_a_term_of_the_mission"]
