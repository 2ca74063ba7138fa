"""The audit over HTTP: what was done with keys, refused, exported and read in the mission, and how the chains are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Self

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from clearway_platform.audit.links import Fault
from clearway_platform.audit.reading import Wanted, records
from clearway_platform.audit.records import Record, RecordKind
from clearway_platform.auth.permissions import AUDIT as PERMISSION
from clearway_platform.auth.principals import Principal
from clearway_platform.checkpoints import storage
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.routing import Router

AUDIT: Final = {"Audit": "What was done with keys, refused, exported and read, and whether the record of it is whole."}
"""The tag of these routes in the OpenAPI document."""

router: Final = Router(tags=["Audit"])
_MOST: Final = 2**63 - 1

Auditor = Annotated[Principal, Depends(require(PERMISSION))]
Narrowed = Annotated[str | None, Query(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]


class AuditRecordView(BaseModel):
    """One record of the mission's chain. `hash` is over all of it and `previous`, the hash of the one before it."""

    sequence: int
    at: datetime
    kind: RecordKind | str = Field(description="What it is about; a newer version may write others.")
    actor: str | None = Field(description="The id of the key, or `command:USER`; null where there is none.")
    subject: str | None = Field(description="What it was done to: a key, an address, an incident, a format.")
    request_id: str | None = Field(description="The request in the log.")
    detail: dict[str, Any] = Field(
        description="More about it. `repeats` counts what was the same within ten minutes of `since`."
    )
    previous: str | None
    hash: str

    @classmethod
    def of(cls, record: Record) -> Self:
        entry = record.entry
        return cls(
            sequence=record.sequence,
            at=entry.at,
            kind=str(entry.kind),
            actor=entry.actor,
            subject=entry.subject,
            request_id=entry.request_id,
            detail=dict(entry.detail),
            previous=record.previous,
            hash=record.hash,
        )


class CheckpointPlace(BaseModel):
    """A place to which checkpoints are written."""

    place: str
    sequence: int = Field(description="The newest checkpoint that it has.")
    problem: str | None = Field(description="Why the last attempt failed; null where it did not.")


class AuditFinding(BaseModel):
    """What a check found: the first record that is wrong in a chain, or in the checkpoints at a place."""

    chain: str = Field(description="`audit`, the chain of a service's records, or `checkpoints`.")
    fault: Fault
    sequence: int | None = Field(description="The number of the record, or of the checkpoint.")
    said: str
    place: str | None = Field(description="Where the checkpoints are kept.")


class AuditCheck(BaseModel):
    """A check: `start` is of what came since the last checkpoint, `full` of everything, every night."""

    scope: str
    checked_at: datetime
    findings: list[AuditFinding] = Field(
        description="Those of the mission and of the checkpoints. Empty: all is whole."
    )


class AuditStatus(BaseModel):
    """How the audit is."""

    mission: str
    checkpoint: int | None = Field(description="The number of the newest checkpoint; null before the first one.")
    checkpoint_at: datetime | None
    places: list[CheckpointPlace]
    checks: list[AuditCheck]


@router.get("/v1/audit", operation_id="audit.list", summary="Read the audit")
async def list_records(
    request: Request,
    principal: Auditor,
    kind: Annotated[RecordKind | None, Query(description="Only records of this kind.")] = None,
    actor: Annotated[Narrowed, Query(description="Only what this key did, by its id.")] = None,
    subject: Annotated[Narrowed, Query(description="Only what was done to this.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditRecordView]:
    """The last record first. A denial and an export are recorded once, and their repeats within ten minutes as a
    number; that a key has read a thing is recorded once an hour. Records are written within seconds."""
    end = decode_cursor(cursor, int)
    before = None if end is None else max(0, min(end[0], _MOST))
    wanted = Wanted(kind, actor, subject)
    found = await records(platform_of(request).audit, principal.mission, wanted, before=before, limit=limit + 1)
    following = encode_cursor(found[limit - 1].sequence) if len(found) > limit else None
    return Page(items=[AuditRecordView.of(record) for record in found[:limit]], next=following)


@router.get("/v1/audit/status", operation_id="audit.get_status", summary="Read whether the audit is whole")
async def get_status(request: Request, principal: Auditor) -> AuditStatus:
    """The newest checkpoint, the places that have it, and what the last checks found."""
    database = platform_of(request).audit
    made = await storage.last_made(database)
    kept = await storage.places(database)
    return AuditStatus(
        mission=principal.mission,
        checkpoint=None if made is None else made[0],
        checkpoint_at=None if made is None else made[1],
        places=[
            CheckpointPlace(place=place, sequence=one.sequence, problem=one.problem)
            for place, one in sorted(kept.items())
        ],
        checks=[_check(one) for one in await storage.checks_of(database, principal.mission)],
    )


def _check(checked: storage.Checked) -> AuditCheck:
    findings = [
        AuditFinding.model_validate({name: found.get(name) for name in AuditFinding.model_fields})
        for found in checked.findings
    ]
    return AuditCheck(scope=checked.scope, checked_at=checked.checked_at, findings=findings)
