"""Photos in an S3-compatible store, and a scanner for viruses: what is over the network may be away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from clearway_incidents.commands.erasing import Erasing
from clearway_incidents.photos.stores.opening import store_of
from clearway_incidents.settings import IncidentsSettings
from clearway_incidents.storage.tables import ATTACHMENTS, ERASURES
from clearway_platform.audit.records import RecordKind
from clearway_platform.service import Platform
from clearway_testing.object_store import KEY, KEY_ID, ObjectStore, running_object_store
from clearway_testing.photos import photo
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.tools import BUILD_SECONDS

from .conftest import Desk, desk_of
from .test_attachments import desk_with, files, listed, remove, send, sent

# The store is built once, by the first test that needs it.
pytestmark = pytest.mark.timeout(BUILD_SECONDS + 120)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with ExitStack() as stack:
        with skipped_when_unavailable():
            store = stack.enter_context(running_object_store(tmp_path_factory.mktemp("store")))
        yield store


@pytest.fixture
def in_bucket(bucket: ObjectStore) -> IncidentsSettings:
    return IncidentsSettings(
        attachments=bucket.url,
        attachments_access_key_id=SecretStr(KEY_ID),
        attachments_secret_access_key=SecretStr(KEY),
    )


@asynccontextmanager
async def desk_on(platform: Platform, own: IncidentsSettings) -> AsyncIterator[Desk]:
    async with desk_of(replace(platform, own=own)) as desk:
        yield desk


async def test_photos_in_a_bucket(platform: Platform, bucket: ObjectStore, in_bucket: IncidentsSettings) -> None:
    async with desk_on(platform, in_bucket) as desk:
        incident = await desk.report()
        attached = await sent(desk, incident, photo(width=640, height=480))
        shown = await desk.ask("GET", attached["content"])
        assert hashlib.sha256(shown.content).hexdigest() == attached["sha256"]
        assert (await desk.ask("GET", attached["thumbnail"])).status_code == 200
        # A mission has addresses of its own, and no other one finds out what is there.
        assert [name.startswith("clearway/unmix/") for name in bucket.objects()] == [True, True]
        theirs = await sent(desk, await desk.report(by="other:reporter"), by="other:reporter")
        assert len(bucket.objects()) == 4
        for one, by in ((attached, "unmix:verifier"), (theirs, "other:verifier")):
            assert (await remove(desk, one, by=by)).status_code == 200
        store = store_of(platform.settings, in_bucket)
        assert store is not None
        assert await Erasing(desk.clock, desk.database, store).erase() == 2
        assert (bucket.objects(), await desk.count(ERASURES)) == ([], 0)


async def test_a_bucket_that_is_away(platform: Platform, bucket: ObjectStore, in_bucket: IncidentsSettings) -> None:
    store = store_of(platform.settings, in_bucket)
    assert store is not None
    async with desk_on(platform, in_bucket) as desk:
        erasing = Erasing(desk.clock, desk.database, store)
        incident = await desk.report()
        attached = await sent(desk, incident)
        bucket.stop()
        refused = await send(desk, incident, photo(seed=3))
        shown = await desk.ask("GET", attached["content"])
        for answer in (refused, shown):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
            assert "127.0.0.1" not in answer.text
        # The list and reports need no store.
        assert await listed(desk, incident) == [attached]
        await desk.report()
        assert (await remove(desk, attached)).status_code == 200
        desk.clock.advance(timedelta(hours=2))
        assert await erasing.erase() == 0
        bucket.start()
        assert await erasing.erase() == 2
        assert bucket.objects() == []


async def test_a_key_that_the_store_refuses(platform: Platform, in_bucket: IncidentsSettings) -> None:
    wrong = in_bucket.model_copy(update={"attachments_secret_access_key": SecretStr("another")})
    async with desk_on(platform, wrong) as desk:
        refused = await send(desk, await desk.report())
        assert refused.status_code == 503
        assert await desk.count(ATTACHMENTS) == 0


class AScanner:
    """A scanner that answers with `status`, after `seconds`."""

    def __init__(self) -> None:
        self.status, self.seconds = 200, 0.0
        self.seen: list[bytes] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append(await request.read())
        await asyncio.sleep(self.seconds)
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def scanner() -> AsyncIterator[AScanner]:
    one = AScanner()
    app = web.Application(client_max_size=100_000_000)
    app.router.add_post("/scan", one.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/scan"
    try:
        yield one
    finally:
        await runner.cleanup()


async def test_a_photo_is_scanned_as_it_was_sent(platform: Platform, scanner: AScanner) -> None:
    async with desk_with(platform, attachment_scanner=SecretStr(scanner.url)) as desk:
        await sent(desk, await desk.report(), photo(seed=4))
    assert scanner.seen == [photo(seed=4)]


async def test_what_the_scanner_finds_is_refused(
    platform: Platform, scanner: AScanner, own: IncidentsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[RecordKind, str]] = []
    monkeypatch.setattr(
        "clearway_incidents.api.attaching.note_done", lambda _request, kind, subject: noted.append((kind, subject))
    )
    scanner.status = 406
    async with desk_with(platform, attachment_scanner=SecretStr(scanner.url)) as desk:
        incident = await desk.report()
        refused = await send(desk, incident)
        assert (refused.status_code, "scanner for viruses" in refused.json()["detail"]) == (422, True)
        assert noted == [(RecordKind.FILE_REFUSED, f"incident {incident['incident_id']}")]
        assert await listed(desk, incident) == []
        assert (files(own), await desk.count(ERASURES)) == ([], 0)


@pytest.mark.parametrize("status", [500, 404, 302, 204])
async def test_a_scanner_that_gives_no_verdict_lets_nothing_in(
    platform: Platform, scanner: AScanner, own: IncidentsSettings, status: int
) -> None:
    scanner.status = status
    async with desk_with(platform, attachment_scanner=SecretStr(scanner.url)) as desk:
        refused = await send(desk, await desk.report())
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert len(scanner.seen) == 1
        assert files(own) == []


async def test_a_scanner_that_is_away_or_slow_keeps_no_report(platform: Platform, scanner: AScanner) -> None:
    scanner.seconds = 30
    settings = {"attachment_scanner": SecretStr(scanner.url), "attachment_scanner_seconds": 0.2}
    async with desk_with(platform, **settings) as desk:
        assert (await send(desk, await desk.report())).status_code == 503
    async with desk_with(platform, attachment_scanner=SecretStr("http://127.0.0.1:9/scan")) as desk:
        assert (await send(desk, await desk.report())).status_code == 503


def test_settings_that_cannot_be_meant() -> None:
    for wrong in ({"attachments": "ftp://x/y"}, {"attachments": "s3:///x"}, {"attachment_scanner": "scanner:9000"}):
        with pytest.raises(ValueError, match=r"folder|scheme"):
            IncidentsSettings(**wrong)  # type: ignore[arg-type]
