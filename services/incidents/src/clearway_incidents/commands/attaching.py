"""Photos of incidents: taken, removed.

A photo is no revision and no event: it warns nobody, and the state of an incident stays small. Its bytes are in the
store before its row is on record. Before that, a row says that they go in an hour; the transaction that records the
photo takes that row away. So whatever ends a process in between loses nothing that was acknowledged, and leaves nothing
that stays.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from clearway_incidents.commands.revisions import Revisions, person_of
from clearway_incidents.domain.attaching import check_open, check_room
from clearway_incidents.domain.errors import NoPhotoStore, PhotosUnavailable
from clearway_incidents.domain.photo import MEDIA_TYPE, Photo
from clearway_incidents.domain.sight import handling_of
from clearway_incidents.domain.withholding import refused
from clearway_incidents.photos.stores.store import Store, StoreError, image_address, thumbnail_address
from clearway_incidents.storage.tables import ATTACHMENTS, ERASURES, INCIDENTS
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Database, Transaction
from clearway_platform.heavy import HeavyWork
from clearway_platform.limiting.quotas import Quota, QuotaUsedUp, Standing
from clearway_platform.limiting.stored import RETRY_SECONDS
from clearway_platform.outages import OUTAGES

# A photo that is not on record by then was given up.
GIVEN_UP: Final = timedelta(hours=1)
STORE: Final = "photos"
NOT_KEPT: Final = "The store of photos does not take this one now, and nothing of it was kept"
NOT_READ: Final = "The store of photos does not answer"
NOT_THERE: Final = "The store of photos does not have this one as it was kept. Tell the operator"
_HELD: Final = ATTACHMENTS.c.removed_at.is_(None)
_LOCK: Final = (
    select(INCIDENTS.c.revision)
    .where(INCIDENTS.c.mission == bindparam("mission"), INCIDENTS.c.incident_id == bindparam("incident_id"))
    .with_for_update()
)
_OF_INCIDENT: Final = (
    ATTACHMENTS.c.mission == bindparam("mission"),
    ATTACHMENTS.c.incident_id == bindparam("incident_id"),
    _HELD,
)
_SAME: Final = select(ATTACHMENTS).where(*_OF_INCIDENT, ATTACHMENTS.c.sha256 == bindparam("sha256"))
_COUNT: Final = select(func.count()).select_from(ATTACHMENTS).where(*_OF_INCIDENT)
_BYTES: Final = select(func.sum(ATTACHMENTS.c.size + ATTACHMENTS.c.thumbnail_size)).where(
    ATTACHMENTS.c.mission == bindparam("mission"), _HELD
)
_KEEP_BYTES: Final = delete(ERASURES).where(
    ERASURES.c.mission == bindparam("mission"),
    ERASURES.c.attachment_id == bindparam("attachment_id"),
    ERASURES.c.taken_at.is_(None),
)
_ONE: Final = select(ATTACHMENTS).where(
    ATTACHMENTS.c.mission == bindparam("mission"), ATTACHMENTS.c.attachment_id == bindparam("attachment_id")
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """How many photos one incident may have, and how many bytes the photos of a mission may take; 0 is no limit."""

    of_an_incident: int
    of_a_mission: int


@dataclass(frozen=True, slots=True)
class Attached:
    """A photo on record, and whether this request made it so."""

    row: Row[Any]
    created: bool


@dataclass(frozen=True, slots=True)
class Attaching:
    """The commands. `store` is None where photos are not kept."""

    revisions: Revisions
    database: Database
    store: Store | None
    room: Room
    hashing: HeavyWork = field(default_factory=partial(HeavyWork, "photo-hashes"))

    async def check(self, principal: Principal, incident_id: UUID, caption: str | None) -> None:
        """Before anything is received: raise what would refuse the photo all the same."""
        if self.store is None:
            raise NoPhotoStore
        if caption is not None and self.revisions.guard.why(caption):
            raise refused("caption", "Say what the photo shows, and no more.", part="query")
        async with self.database.of(principal.mission).write() as transaction:
            await self._check(transaction, principal, incident_id)

    async def keep_bytes(self, principal: Principal, incident_id: UUID, photo: Photo) -> UUID | None:
        """Put the bytes into the store; the id under which they are kept. None where the incident has this photo
        already. Raises PhotosUnavailable, and what refuses the photo."""
        if self.store is None:
            raise NoPhotoStore
        attachment_id = new_id()
        due = {"due_at": self.revisions.clock.now() + GIVEN_UP, "sha256": photo.sha256}
        named = {"mission": principal.mission, "attachment_id": attachment_id}
        async with self.database.of(principal.mission).write() as transaction:
            if await self._same(transaction, principal, incident_id, photo) is not None:
                return None
            await self._check_room(transaction, principal.mission, incident_id)
            await transaction.connection.execute(insert(ERASURES), named | due)
        try:
            await self.store.put(thumbnail_address(principal.mission, photo.sha256, attachment_id), photo.thumbnail)
            await self.store.put(image_address(principal.mission, photo.sha256, attachment_id), photo.image)
        except StoreError as error:
            _note(error)
            raise PhotosUnavailable(NOT_KEPT) from error
        return attachment_id

    async def content(self, address: str, sha256: str) -> bytes:
        """What the store has at an address. Raises PhotosUnavailable where it is not what was put there."""
        if self.store is None:
            raise NoPhotoStore
        try:
            found = await self.store.get(address)
        except StoreError as error:
            _note(error)
            raise PhotosUnavailable(NOT_READ) from error
        if found is None or await self.hashing.run(_digest, found) != sha256:
            log.error("photo_missing_or_damaged", is_missing=found is None)
            raise PhotosUnavailable(NOT_THERE)
        return found

    async def record(
        self,
        transaction: Transaction,
        principal: Principal,
        incident_id: UUID,
        *,
        photo: Photo,
        attachment_id: UUID | None,
        caption: str | None,
    ) -> Attached:
        """Record a photo whose bytes are kept; the one that is there, when the incident has it already."""
        # Locked, so that none is counted twice or left out.
        named = {"mission": principal.mission, "incident_id": incident_id}
        await transaction.connection.execute(_LOCK, named)
        await self._check(transaction, principal, incident_id)
        if (row := await self._same(transaction, principal, incident_id, photo)) is not None:
            return Attached(row, created=False)
        await self._check_room(transaction, principal.mission, incident_id)
        own = {"mission": principal.mission, "attachment_id": attachment_id}
        if attachment_id is None or (await transaction.connection.execute(_KEEP_BYTES, own)).rowcount == 0:
            raise PhotosUnavailable(NOT_KEPT)
        values = named | own | {"sha256": photo.sha256, "media_type": MEDIA_TYPE, "caption": caption}
        sent = {"sent_by": principal.id, "person": person_of(principal), "sent_at": self.revisions.clock.now()}
        await transaction.connection.execute(insert(ATTACHMENTS), values | _measures(photo) | sent)
        return Attached((await transaction.connection.execute(_ONE, own)).one(), created=True)

    async def remove(self, transaction: Transaction, principal: Principal, row: Row[Any], *, reason: str) -> Row[Any]:
        """Remove a photo; its row as it is then. It says by whom and why; caption and bytes go. Raises InvalidFact."""
        if self.revisions.guard.why(reason):
            raise refused("reason", "Say why it is removed, and no more.")
        now, own = self.revisions.clock.now(), {"mission": row.mission, "attachment_id": row.attachment_id}
        await forget(transaction, now, principal.id, reason, **own)
        return (await transaction.connection.execute(_ONE, own)).one()

    async def _check(self, transaction: Transaction, principal: Principal, incident_id: UUID) -> None:
        """Raise what refuses a photo of the incident, whatever photo it is."""
        recorded = await self.revisions.readable(transaction, principal, incident_id)
        check_open(recorded.incident, self.revisions.clock.now())
        await self._check_quota(transaction, principal.mission)

    async def _same(
        self, transaction: Transaction, principal: Principal, incident_id: UUID, photo: Photo
    ) -> Row[Any] | None:
        """This photo, where the incident has it. Who may not read the whole incident is told of none but those of its
        own."""
        state = (await self.revisions.readable(transaction, principal, incident_id)).state
        reads = principal.ceiling.sight(handling_of(state)) is Sight.WHOLE
        named = {"mission": principal.mission, "incident_id": incident_id, "sha256": photo.sha256}
        for row in await transaction.connection.execute(_SAME, named):
            if reads or (row.person or row.sent_by) == principal.identity:
                return row
        return None

    async def _check_room(self, transaction: Transaction, mission: str, incident_id: UUID) -> None:
        named = {"mission": mission, "incident_id": incident_id}
        held = (await transaction.connection.execute(_COUNT, named)).scalar_one()
        check_room(held, self.room.of_an_incident)

    async def _check_quota(self, transaction: Transaction, mission: str) -> None:
        most = self.room.of_a_mission
        if most and ((await transaction.connection.execute(_BYTES, {"mission": mission})).scalar_one() or 0) >= most:
            quota = Quota(
                "mission-photo-bytes", most, "bytes of photos", "mission_attachment_bytes", unit="content-bytes"
            )
            raise QuotaUsedUp(Standing(quota, 0), RETRY_SECONDS, "Reports go on. Let a verifier remove photos.")


async def forget(transaction: Transaction, now: datetime, by: str, reason: str, *, mission: str, **which: UUID) -> None:
    """Remove the photos of an incident, or one by its id: their captions go, and their bytes soon after."""
    columns = ATTACHMENTS.c
    those = (columns.mission == mission, _HELD, *(columns[name] == value for name, value in which.items()))
    names = (columns.attachment_id, columns.mission, columns.sha256)
    found = (await transaction.connection.execute(select(*names).where(*those))).all()
    if found:
        rows = [{**row._mapping, "due_at": now} for row in found]
        await transaction.connection.execute(insert(ERASURES), rows)
        removed = {"removed_at": now, "removed_by": by, "reason": reason, "caption": None}
        await transaction.connection.execute(update(ATTACHMENTS).where(*those).values(removed))


def _note(error: StoreError) -> None:
    """Once a minute: who asks gets a refusal that says nothing of the store."""
    if OUTAGES.failed_alone(STORE):
        log.warning("photo_store_failed", error=str(error))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _measures(photo: Photo) -> dict[str, Any]:
    return {
        "thumbnail_sha256": photo.thumbnail_sha256,
        "size": len(photo.image),
        "thumbnail_size": len(photo.thumbnail),
        "width": photo.width,
        "height": photo.height,
    }
