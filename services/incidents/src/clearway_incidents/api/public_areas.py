"""Deciding what a mission publishes: coarse areas and risk education, off until an administrator switches them on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import Request
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import select
from starlette.responses import Response

from clearway_incidents.api.dependencies import Publisher, Reader, Wired
from clearway_incidents.api.texts import PRINTABLE, Form, Latitude, Longitude, Name
from clearway_incidents.commands.editions import COMMITTED_AFTER
from clearway_incidents.commands.publishing import Decided, Decision, decided_in
from clearway_incidents.domain.errors import PublicNameTaken, RuleIsFixed
from clearway_incidents.domain.public.counting import DEFAULT, FEWEST, MOST, Rule
from clearway_incidents.domain.public.editions import next_moment
from clearway_incidents.domain.public.grid import GridSize, Region
from clearway_incidents.domain.public.publication import AREAS, TABLE, Publication
from clearway_incidents.storage.tables import PUBLIC_AREAS, PUBLIC_STANDINGS
from clearway_platform.audit.records import RecordKind
from clearway_platform.database.engines import Transaction
from clearway_platform.web.audited import note_done
from clearway_platform.web.conditional import NOTHING_CHANGED, IfMatch, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router = Router(prefix="/v1/public-areas", tags=["Publishing"])

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"
PublicName = Annotated[
    str,
    Field(
        min_length=3,
        max_length=63,
        pattern=NAME_PATTERN,
        description="The name in the public address: small letters, digits and hyphens. It is seen by everyone.",
        examples=["north-valley"],
    ),
]
Fewest = Annotated[
    int,
    Field(
        ge=FEWEST,
        le=MOST,
        description="So many incidents, or more, are behind all that is said. Fixed from the first edition on.",
    ),
]
GRID: Final = Field(description="The smallest cells, by their side. Fixed from the first edition on.")
Contact = Annotated[
    str,
    Field(min_length=1, max_length=500, description="Whom the public tells what it has found, as one text."),
    PRINTABLE,
]


class PublicRegion(Form):
    """The box, in degrees, that is published for. Incidents outside of it are not counted."""

    west: Longitude
    south: Latitude
    east: Longitude
    north: Latitude

    @model_validator(mode="after")
    def _has_an_inside(self) -> Self:
        if self.west >= self.east or self.south >= self.north:
            raise ValueError("west must be less than east, and south less than north")
        return self

    def in_domain(self) -> Region:
        return Region(west=self.west, south=self.south, east=self.east, north=self.north)


class PublicAreasBody(Form):
    """What is to be published. `region` is shown as a whole in every edition, whatever is known in it."""

    published: bool
    public_name: PublicName
    title: Name
    contact: Contact
    region: PublicRegion
    fewest: Fewest = DEFAULT
    grid: Annotated[GridSize, GRID] = GridSize.TENTH

    def in_domain(self) -> Decision:
        rule = Rule(self.fewest, self.grid.size, self.region.in_domain())
        return Decision(Publication(rule, self.title, self.contact), self.public_name, self.published)


class PublicAreasView(BaseModel):
    """What is published. A mission that has never decided has revision 0, and publishes nothing.

    `edition` is the moment of the edition that is read now, null before the first one; `next_edition` when the next one
    is of. `addresses`: where everyone reads it."""

    revision: int
    published: bool
    public_name: str | None = None
    title: str | None = None
    contact: str | None = None
    region: PublicRegion | None = None
    fewest: int = DEFAULT
    grid: GridSize = GridSize.TENTH
    published_since: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None
    edition: datetime | None = None
    next_edition: datetime | None = None
    addresses: list[str] = []

    @classmethod
    def of(cls, decided: Decided, last: datetime | None, now: datetime) -> Self:
        decision, since = decided.decision, decided.published_since
        rule = decision.publication.rule
        region = rule.region
        name = decision.public_name
        return cls(
            revision=decided.revision,
            published=since is not None,
            public_name=name,
            title=decision.publication.title,
            contact=decision.publication.contact,
            region=PublicRegion(west=region.west, south=region.south, east=region.east, north=region.north),
            fewest=rule.fewest,
            grid=list(GridSize)[rule.size],
            published_since=since,
            changed_at=decided.changed_at,
            changed_by=decided.changed_by,
            edition=last if since is not None and last is not None and last >= since else None,
            next_edition=None if since is None else _next_edition(last, since, now),
            addresses=[] if since is None else addresses_of(name),
        )


def addresses_of(public_name: str) -> list[str]:
    return [f"/v1/public/{public_name}/{feed}" for feed in (AREAS, TABLE, "risk-education.geojson")]


def _next_edition(last: datetime | None, since: datetime, now: datetime) -> datetime:
    return max(next_moment(now - COMMITTED_AFTER), next_moment(since if last is None else max(last, since)))


_MINE: Final = select(PUBLIC_AREAS, PUBLIC_STANDINGS.c.moment).outerjoin(
    PUBLIC_STANDINGS, PUBLIC_STANDINGS.c.mission == PUBLIC_AREAS.c.mission
)


@router.get(
    "",
    operation_id="public_areas.get",
    summary="Read what is published",
    responses={200: {"headers": header("ETag")}},
)
async def get_public_areas(principal: Reader, reading: Reading, wiring: Wired, response: Response) -> PublicAreasView:
    """What the mission gives to everyone, and how. Nothing is published until an administrator switches it on."""
    row = (await reading.execute(_MINE.where(PUBLIC_AREAS.c.mission == principal.mission))).one_or_none()
    if row is None:
        view = PublicAreasView(revision=0, published=False)
    else:
        view = PublicAreasView.of(decided_in(row), row.moment, wiring.clock.now())
    response.headers["ETag"] = etag(view.revision, f"{view.edition} {view.next_edition}")
    return view


@router.put(
    "",
    operation_id="public_areas.put",
    summary="Decide what is published",
    response_model=PublicAreasView,
    responses=REVISED | raises(RuleIsFixed, PublicNameTaken),
)
async def put_public_areas(
    request: Request, sent: PublicAreasBody, expected: IfMatch, principal: Publisher, wiring: Wired, write: Write
) -> Response:
    """Switched on, the first edition is of the next midnight UTC. Switched off, nothing is given out any more: by this
    process at once, by others and by caches within five minutes. Of a mission that never decided, If-Match is `"0"`.
    Each request is in the audit. Title and contact appear with the next edition."""
    decision = sent.in_domain()

    async def command(transaction: Transaction) -> Reply:
        decided = await wiring.publishing.decide(transaction, principal, expected, decision)
        query = select(PUBLIC_STANDINGS.c.moment).where(PUBLIC_STANDINGS.c.mission == principal.mission)
        last = (await transaction.connection.execute(query)).scalar_one_or_none()
        transaction.after_commit(wiring.public_feeds.forget)
        said = {"ETag": etag(decided.revision)} | (NOTHING_CHANGED if decided.revision == expected else {})
        return Reply(200, PublicAreasView.of(decided, last, wiring.clock.now()), said)

    answer = await write(command)
    what = f"public areas: {'on' if sent.published else 'off'}, as {sent.public_name}"
    note_done(request, RecordKind.PUBLICATION, what)
    return answer
