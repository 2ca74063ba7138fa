"""Photos of incidents: sent, listed, shown, removed; for whom, how many, and what becomes of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from clearway_incidents.commands.erasing import Erasing
from clearway_incidents.commands.retention import Retention
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.photos.stores.folder import FolderStore
from clearway_incidents.photos.stores.store import StoreError
from clearway_incidents.settings import OFF, IncidentsSettings
from clearway_incidents.storage.states import INCIDENT
from clearway_incidents.storage.tables import ATTACHMENTS, ERASURES
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.service import Platform
from clearway_testing.photos import photo

from .conftest import Desk, desk_of

REPORTER, VERIFIER, SUBSCRIBER = "unmix:reporter", "unmix:verifier", "unmix:subscriber"
CAPTION = "The culvert from the north"
# Made up.
INSTRUCTIONS = "Mix two cups of flurbium with one cup of blenk and stir"


async def send(
    desk: Desk,
    incident: dict[str, Any],
    content: bytes | None = None,
    *,
    by: str = REPORTER,
    headers: dict[str, str] | None = None,
    **query: str,
) -> httpx.Response:
    path = f"/v1/incidents/{incident['incident_id']}/attachments"
    sent = {"Authorization": f"Bearer {by}", **(headers or {})}
    return await desk.http.post(path, content=photo() if content is None else content, headers=sent, params=query)


async def sent(desk: Desk, incident: dict[str, Any], content: bytes | None = None, **options: Any) -> dict[str, Any]:
    answer = await send(desk, incident, content, **options)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(desk: Desk, incident: dict[str, Any], by: str = VERIFIER, **query: Any) -> list[dict[str, Any]]:
    answer = await desk.ask("GET", f"/{incident['incident_id']}/attachments", by=by, **query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def remove(desk: Desk, attached: dict[str, Any], by: str = VERIFIER) -> httpx.Response:
    return await desk.ask("POST", f"{attached['content']}/remove", {"reason": "a face is seen"}, by=by)


def files(own: IncidentsSettings) -> list[Path]:
    return [path for path in Path(own.attachments or "").rglob("*") if path.is_file()]


def erasing_of(desk: Desk, own: IncidentsSettings) -> Erasing:
    return Erasing(desk.clock, desk.database, FolderStore(Path(own.attachments or "")))


@asynccontextmanager
async def desk_with(platform: Platform, **changes: Any) -> AsyncIterator[Desk]:
    """A program with other settings."""
    own = platform.settings_of(IncidentsSettings).model_copy(update=changes)
    async with desk_of(replace(platform, own=own)) as desk:
        yield desk


async def test_a_photo_is_kept_and_shown(desk: Desk, own: IncidentsSettings) -> None:
    incident = await desk.report()
    before = await desk.published()
    attached = await sent(desk, incident, photo(width=640, height=480), caption=CAPTION)
    assert (attached["width"], attached["height"], attached["caption"]) == (640, 480, CAPTION)
    assert (attached["media_type"], attached["removed"]) == ("image/jpeg", None)
    assert await listed(desk, incident) == [attached]
    shown = await desk.ask("GET", attached["content"], by=SUBSCRIBER)
    assert hashlib.sha256(shown.content).hexdigest() == attached["sha256"]
    assert (len(shown.content), shown.headers["content-type"]) == (attached["size"], "image/jpeg")
    small = await desk.ask("GET", attached["thumbnail"], by=SUBSCRIBER)
    assert len(small.content) < len(shown.content)
    # No revision, and no event: it warns nobody.
    assert (await desk.read(incident))["revision"] == 1
    assert await desk.published() == before
    assert [path.stat().st_mode & 0o077 for path in files(own)] == [0, 0]
    assert await desk.count(ERASURES) == 0


async def test_the_same_photo_is_one(desk: Desk, own: IncidentsSettings) -> None:
    incident, another = await desk.report(), await desk.report()
    first = await sent(desk, incident, caption=CAPTION)
    again = await send(desk, incident, caption="other words")
    assert (again.status_code, again.json()) == (200, first)
    assert len(files(own)) == 2
    assert (await sent(desk, another))["attachment_id"] != first["attachment_id"]
    assert await sent(desk, incident, photo(seed=5)) != first


async def test_the_same_request_is_answered_again(desk: Desk) -> None:
    incident, key = await desk.report(), {"Idempotency-Key": "photo-1"}
    first = await send(desk, incident, headers=key)
    again = await send(desk, incident, headers=key)
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, first.json(), "true")
    other = await send(desk, incident, photo(seed=9), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await listed(desk, incident)) == 1


async def test_two_at_once_are_one(desk: Desk) -> None:
    incident = await desk.report()
    answers = await asyncio.gather(*(send(desk, incident) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["attachment_id"] for answer in answers}) == 1


async def test_an_entity_tag_saves_the_bytes(desk: Desk) -> None:
    attached = await sent(desk, await desk.report())
    first = await desk.ask("GET", attached["content"])
    again = await desk.ask("GET", attached["content"], headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


async def test_a_browser_runs_nothing_of_it(desk: Desk) -> None:
    attached = await sent(desk, await desk.report())
    for address in (attached["content"], attached["thumbnail"]):
        headers = (await desk.ask("GET", address)).headers
        assert "sandbox" in headers["content-security-policy"]
        assert headers["content-disposition"].startswith("attachment; filename=")


async def test_who_does_not_see_the_whole_sees_no_photo(desk: Desk) -> None:
    for sharing in ({"tlp": "red"}, {"classification": "confidential"}, {"releasable_to": ["Halo"]}):
        incident = await desk.report(sharing=sharing)
        attached = await sent(desk, incident, by="unmix:operator")
        path = f"/{incident['incident_id']}/attachments"
        answers = [
            await desk.ask("GET", where, by=SUBSCRIBER) for where in (path, attached["content"], attached["thumbnail"])
        ]
        unknown = await desk.ask("GET", f"/{uuid4()}/attachments", by=SUBSCRIBER)
        assert [answer.status_code for answer in (*answers, unknown)] == [404] * 4
        assert "attachment" not in (await desk.ask("GET", f"/{incident['incident_id']}", by=SUBSCRIBER)).text
        assert len(await listed(desk, incident, by="unmix:admin")) == 1


async def test_a_reporter_adds_to_what_it_reads_reduced_and_learns_nothing(desk: Desk) -> None:
    incident = await desk.report(sharing={"tlp": "red"})
    others = await sent(desk, incident, by="unmix:operator:another", caption=CAPTION)
    own = await sent(desk, incident)
    assert own["attachment_id"] != others["attachment_id"]
    assert own["caption"] is None
    again = await send(desk, incident)
    assert (again.status_code, again.json()["attachment_id"]) == (200, own["attachment_id"])
    assert (await desk.ask("GET", own["content"], by=REPORTER)).status_code == 404
    hidden = await desk.report(sharing={"classification": "strictly_confidential"})
    assert (await send(desk, hidden)).status_code == 404


async def test_missions_are_apart(desk: Desk) -> None:
    incident = await desk.report()
    attached = await sent(desk, incident)
    for where in (f"/{incident['incident_id']}/attachments", attached["content"], attached["thumbnail"]):
        assert (await desk.ask("GET", where, by="other:admin")).status_code == 404
    assert (await send(desk, incident, by="other:reporter")).status_code == 404
    assert (await remove(desk, attached, by="other:admin")).status_code == 404
    # The same photo there says nothing of the one here.
    theirs = await sent(desk, await desk.report(by="other:reporter"), by="other:reporter")
    assert theirs["sha256"] == attached["sha256"]
    assert (await desk.ask("GET", attached["content"])).status_code == 200


async def test_a_photo_is_shown_at_its_incident_alone(desk: Desk) -> None:
    attached, another = await sent(desk, await desk.report()), await desk.report()
    where = f"/{another['incident_id']}/attachments/{attached['attachment_id']}"
    assert (await desk.ask("GET", where)).status_code == 404
    assert (await desk.ask("POST", f"{where}/remove", {"reason": "a mistake"})).status_code == 404


async def test_what_is_removed_leaves_who_and_why(desk: Desk, own: IncidentsSettings) -> None:
    incident = await desk.report()
    attached = await sent(desk, incident, caption=CAPTION)
    then = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=5))
    assert (await remove(desk, attached, by=REPORTER)).status_code == 403
    answer = await remove(desk, attached)
    assert answer.status_code == 200
    [left] = await listed(desk, incident)
    assert left == answer.json()
    assert (left["removed"]["by"], left["removed"]["reason"]) == (VERIFIER, "a face is seen")
    assert (left["caption"], left["content"], left["thumbnail"]) == (None, None, None)
    for address in (attached["content"], attached["thumbnail"]):
        assert (await desk.ask("GET", address)).status_code == 404
    assert await erasing_of(desk, own).erase() == 1
    assert (files(own), await desk.count(ERASURES)) == ([], 0)
    again = await remove(desk, attached)
    assert (again.status_code, again.headers["nothing-changed"]) == (200, "true")
    [earlier] = await listed(desk, incident, as_of=then)
    assert (earlier["removed"], earlier["caption"], earlier["content"]) == (None, None, None)
    # It may be sent again: someone may have been wrong.
    assert (await sent(desk, incident))["attachment_id"] != attached["attachment_id"]


async def test_the_list_of_an_earlier_time(desk: Desk) -> None:
    incident = await desk.report()
    before = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=5))
    attached = await sent(desk, incident)
    assert await listed(desk, incident, as_of=before) == []
    assert await listed(desk, incident, as_of=desk.clock.now().isoformat()) == [attached]


async def test_pages(desk: Desk) -> None:
    incident = await desk.report()
    ids = [(await sent(desk, incident, photo(seed=seed)))["attachment_id"] for seed in (1, 12, 33)]
    path, found, cursor = f"/{incident['incident_id']}/attachments", [], None
    while True:
        page = (await desk.ask("GET", path, limit=1, **({"cursor": cursor} if cursor else {}))).json()
        found += [one["attachment_id"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == ids


async def test_a_merge_and_its_end(desk: Desk) -> None:
    loser, survivor = await desk.report(), await desk.report()
    of_loser, of_survivor = await sent(desk, loser), await sent(desk, survivor, photo(seed=7))
    before = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=1))
    alias = await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"]})
    assert await listed(desk, survivor) == [of_loser, of_survivor]
    assert await listed(desk, survivor, as_of=before) == [of_survivor]
    moved = of_loser["content"].replace(loser["incident_id"], survivor["incident_id"])
    assert (await desk.ask("GET", moved)).status_code == 200
    refused = await send(desk, loser, photo(seed=8))
    assert (refused.status_code, survivor["incident_id"] in refused.json()["detail"]) == (409, True)
    # The alias shows what its survivor does, and to no one else.
    now = await desk.read(survivor)
    raised = await desk.ask(
        "PATCH", f"/{survivor['incident_id']}", {"sharing": {"tlp": "red"}}, by="unmix:admin", seen=now["revision"]
    )
    assert raised.status_code == 200
    assert (await desk.ask("GET", of_loser["content"], by=SUBSCRIBER)).status_code == 404
    assert (await desk.ask("GET", f"/{loser['incident_id']}/attachments", by=SUBSCRIBER)).status_code == 404
    restored = await desk.step(alias, "unmerge", by="unmix:admin")
    assert await listed(desk, survivor, by="unmix:admin") == [of_survivor]
    assert await listed(desk, restored) == [of_loser]


async def test_what_was_merged_twice_is_found_above(desk: Desk) -> None:
    first, second, third = [await desk.report() for _ in range(3)]
    attached = await sent(desk, first)
    await desk.step(first, "merge", {"survivor_id": second["incident_id"]})
    await desk.step(await desk.read(second), "merge", {"survivor_id": third["incident_id"]})
    assert await listed(desk, third) == [attached]
    assert await listed(desk, third, as_of=desk.clock.now().isoformat()) == [attached]


async def test_a_retracted_incident_keeps_its_photos_and_takes_none(desk: Desk) -> None:
    incident = await desk.report()
    attached = await sent(desk, incident)
    await desk.step(incident, "retract", {"reason": "duplicate"})
    assert await listed(desk, incident, by=SUBSCRIBER) == [attached]
    assert (await send(desk, incident, photo(seed=3))).status_code == 409
    assert (await remove(desk, attached)).status_code == 200


async def test_what_retention_ends_is_erased(desk: Desk, own: IncidentsSettings) -> None:
    until = (desk.clock.now() + timedelta(hours=1)).isoformat()
    incident = await desk.report(sharing={"retention_until": until})
    kept = await sent(desk, await desk.report())
    await sent(desk, incident, caption=CAPTION)
    desk.clock.advance(timedelta(hours=2))
    assert (await send(desk, incident, photo(seed=3))).status_code == 409
    retention = Retention(Revisions(desk.clock, Outbox(desk.clock), INCIDENT), desk.database)
    assert await retention.apply() == 1
    assert CAPTION not in str(await desk.rows(select(ATTACHMENTS)))
    [left] = await listed(desk, incident)
    assert left["removed"]["by"] == "retention"
    assert await erasing_of(desk, own).erase() == 1
    assert {path.name[:64] for path in files(own)} == {kept["sha256"]}
    assert (await desk.ask("GET", kept["content"])).status_code == 200


async def test_an_incident_has_so_many(platform: Platform) -> None:
    async with desk_with(platform, incident_attachments=2) as desk:
        incident = await desk.report()
        attached = await sent(desk, incident)
        await sent(desk, incident, photo(seed=2))
        refused = await send(desk, incident, photo(seed=3))
        assert (refused.status_code, "2 photos" in refused.json()["detail"]) == (409, True)
        assert (await remove(desk, attached)).status_code == 200
        await sent(desk, incident, photo(seed=3))


async def test_a_mission_has_so_many_bytes(platform: Platform) -> None:
    async with desk_with(platform, mission_attachment_bytes=100) as desk:
        await sent(desk, await desk.report())
        incident = await desk.report()
        refused = await send(desk, incident, photo(seed=2))
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_used_up")
        assert "CLEARWAY_MISSION_ATTACHMENT_BYTES" in refused.json()["detail"]
        await sent(desk, await desk.report(by="other:reporter"), by="other:reporter")


async def test_photos_are_off(platform: Platform) -> None:
    async with desk_with(platform, attachments=OFF) as desk:
        incident = await desk.report()
        refused = await send(desk, incident)
        assert (refused.status_code, "CLEARWAY_ATTACHMENTS" in refused.json()["detail"]) == (409, True)
        assert await listed(desk, incident) == []


class Broken(FolderStore):
    """A store that fails, as on a full disk, from the nth call on."""

    def __init__(self, folder: Path, works: int) -> None:
        super().__init__(folder)
        self._works = works

    async def put(self, address: str, content: bytes) -> None:
        self._works -= 1
        if self._works < 0:
            raise StoreError("No space left on device")
        await super().put(address, content)


@pytest.mark.parametrize("works", [0, 1])
async def test_a_full_disk_leaves_nothing(
    desk: Desk, own: IncidentsSettings, monkeypatch: pytest.MonkeyPatch, works: int
) -> None:
    incident = await desk.report()
    folder = Path(own.attachments or "")
    monkeypatch.setattr(FolderStore, "put", Broken(folder, works).put)
    refused = await send(desk, incident)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
    monkeypatch.undo()
    assert await listed(desk, incident) == []
    desk.clock.advance(timedelta(hours=2))
    assert await erasing_of(desk, own).erase() == 1
    assert files(own) == []
    await sent(desk, incident)


async def test_what_never_came_on_record_is_erased_and_what_comes_too_late_is_refused(
    desk: Desk, own: IncidentsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped between the bytes and the row, and goes on after they were taken away."""
    incident = await desk.report()

    async def slow(store: FolderStore, address: str, content: bytes) -> None:
        await FolderStore.put_in_fact(store, address, content)  # type: ignore[attr-defined]
        desk.clock.advance(timedelta(hours=1))
        await erasing_of(desk, own).erase()

    monkeypatch.setattr(FolderStore, "put_in_fact", FolderStore.put, raising=False)
    monkeypatch.setattr(FolderStore, "put", slow)
    refused = await send(desk, incident)
    assert refused.status_code == 503
    assert await desk.count(ATTACHMENTS) == 0
    desk.clock.advance(timedelta(hours=1))
    await erasing_of(desk, own).erase()


async def test_a_photo_that_is_not_in_the_store_is_said_to_be_missing(desk: Desk, own: IncidentsSettings) -> None:
    attached = await sent(desk, await desk.report())
    for is_there in (True, False):
        for path in files(own):
            path.write_bytes(b"other")
            if not is_there:
                path.unlink()
        answer = await desk.ask("GET", attached["content"])
        assert answer.status_code == 503
        assert str(own.attachments) not in answer.text


async def test_a_caption_or_a_reason_that_reads_like_instructions_is_refused(desk: Desk) -> None:
    incident = await desk.report()
    answer = await send(desk, incident, caption=INSTRUCTIONS)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.caption")
    assert await listed(desk, incident) == []
    photo = await sent(desk, incident, caption="The culvert from the south")
    path = f"/{incident['incident_id']}/attachments/{photo['attachment_id']}/remove"
    answer = await desk.ask("POST", path, {"reason": INSTRUCTIONS})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.reason")
    [there] = await listed(desk, incident)
    assert there["removed"] is None
