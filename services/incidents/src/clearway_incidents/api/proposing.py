"""Proposals: what newer editions of sources no longer have, for a person to retract or to keep."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Row
from starlette.responses import Response

from clearway_contracts.envelope import Utc
from clearway_incidents.api.bodies import ReasonBody, RetractBody
from clearway_incidents.api.dependencies import Assessor, Importer, Reader, Wired
from clearway_incidents.api.texts import CountryCode, Form, Name, RowName
from clearway_incidents.commands.proposals import Edition, Proposed, Verdict
from clearway_incidents.domain.errors import NotNow, PartOfEdition, ProposalDecided, UnknownProposal
from clearway_incidents.domain.proposals import ProposalState, Scope
from clearway_incidents.queries import proposals as queries
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.web.conditional import IfMatch, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.never_limited import NEVER_LIMITED
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router = Router(prefix="/v1/proposals", tags=["Importing incidents"])

States = Annotated[list[ProposalState], Query(alias="state", max_length=10, description="By default `open` alone.")]


class ScopeForm(Form):
    """The part of a source that a file has: what came from elsewhere is not compared. What is left out is all. A file
    of more than 100,000 rows is compared in ranges of its names, in the order of their characters: from `from_id` on,
    and before `before_id`."""

    countries: Annotated[tuple[CountryCode, ...], Field(min_length=1, max_length=300, fail_fast=True)] | None = None
    earliest: Utc | None = Field(default=None, description="The beginning of the first day in the file.")
    latest: Utc | None = Field(default=None, description="The end of the last one.")
    from_id: RowName | None = None
    before_id: RowName | None = None

    def in_domain(self) -> Scope:
        return Scope(**{**dict(self), "countries": None if self.countries is None else frozenset(self.countries)})


class EditionBody(Form):
    """A whole edition of a source, or of a part of it, by the names of all its rows, also of those that could not be
    imported."""

    system: Name = Field(description="As in `external_refs`.")
    edition: Name = Field(description="How the edition is called, such as the name of its file.")
    ids: Annotated[tuple[RowName, ...], Field(min_length=1, max_length=100_000, fail_fast=True)]
    scope: ScopeForm = ScopeForm()


class ProposalBody(BaseModel):
    """A proposal to retract an incident, because the edition no longer has the row that it came from."""

    proposal_id: UUID
    revision: int
    kind: Literal["retraction"]
    state: ProposalState
    incident_id: UUID
    system: str
    external_id: str
    edition: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate({**row._mapping, "kind": "retraction"})


@router.post(
    "",
    operation_id="proposals.compare",
    summary="Compare a whole edition with the record",
    response_model=Proposed,
    responses=raises(PartOfEdition),
)
async def compare(sent: EditionBody, principal: Importer, wiring: Wired, write: Write) -> Response:
    """What came from the source and is not in the edition any more is proposed to be retracted: nothing is retracted
    until a verifier accepts. What was dismissed is not proposed again; what is in the edition again is withdrawn."""
    edition = Edition(sent.system, sent.edition, frozenset(sent.ids), sent.scope.in_domain())

    async def command(transaction: Transaction) -> Reply:
        return Reply(200, await wiring.proposals.propose(transaction, principal, edition))

    return await write(command)


@router.get("", operation_id="proposals.list", summary="List proposals")
async def listing(
    principal: Reader,
    reading: Reading,
    states: States = [],  # noqa: B006 - read by FastAPI, never changed
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ProposalBody]:
    """The newest first."""
    wanted = states or [ProposalState.OPEN]
    found = await queries.proposals(reading, principal, wanted, _end(cursor), limit + 1)
    items = [ProposalBody.of(row) for row in found[:limit]]
    following = encode_cursor(str(items[-1].proposal_id)) if len(found) > limit else None
    return Page(items=items, next=following)


@router.get(
    "/{proposal_id}",
    operation_id="proposals.get",
    summary="Read a proposal",
    responses={200: {"headers": header("ETag")}},
)
async def one(proposal_id: UUID, principal: Reader, reading: Reading, response: Response) -> ProposalBody:
    """As it stands, and who decided."""
    row = await queries.proposal(reading, principal, proposal_id)
    if row is None:
        raise UnknownProposal(proposal_id)
    response.headers["ETag"] = etag(row.revision)
    return ProposalBody.of(row)


@router.post(
    "/{proposal_id}/accept",
    operation_id="proposals.accept",
    openapi_extra=NEVER_LIMITED,
    summary="Retract what was proposed",
    response_model=ProposalBody,
    responses=REVISED | raises(ProposalDecided, NotNow),
)
async def accept(
    proposal_id: UUID, expected: IfMatch, sent: RetractBody, principal: Assessor, wiring: Wired, write: Write
) -> Response:
    """Retracts the incident as it is now, in the same transaction; that is final."""
    verdict = Verdict(proposal_id, expected, sent.reason, sent.note)
    return await write(partial(_decide, wiring, principal, verdict))


@router.post(
    "/{proposal_id}/dismiss",
    operation_id="proposals.dismiss",
    summary="Keep the incident",
    response_model=ProposalBody,
    responses=REVISED | raises(ProposalDecided),
)
async def dismiss(
    proposal_id: UUID, expected: IfMatch, sent: ReasonBody, principal: Assessor, wiring: Wired, write: Write
) -> Response:
    """The incident stays as it is, and the same row is not proposed again."""
    return await write(partial(_decide, wiring, principal, Verdict(proposal_id, expected, None, sent.reason)))


async def _decide(wiring: Wired, principal: Principal, verdict: Verdict, transaction: Transaction) -> Reply:
    row = await wiring.proposals.decide(transaction, principal, verdict)
    return Reply(200, ProposalBody.of(row), {"ETag": etag(row.revision)})


def _end(cursor: str | None) -> UUID | None:
    """Where the page before ended. Raises a 400 problem."""
    end = decode_cursor(cursor, str)
    if end is None:
        return None
    try:
        return UUID(end[0])
    except ValueError as error:
        raise BadCursor from error
