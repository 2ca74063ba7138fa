"""The query of a list, and the cursors of its pages."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import Field

from clearway_contracts.vocabulary import Category, HazardState, Inclusion, LocationPrecision, Outcome, Status
from clearway_incidents.api.areas import FORM, MOST_AREAS, MOST_POSITIONS, areas_of
from clearway_incidents.api.dependencies import Reader, Wired, Wiring
from clearway_incidents.api.lines import MOST_WITHIN_M, along_of
from clearway_incidents.domain.box import Box
from clearway_incidents.domain.words import search_of
from clearway_incidents.queries.incidents import PageEnd
from clearway_incidents.queries.narrowing import Filter
from clearway_incidents.queries.places import narrowed_by_place
from clearway_incidents.queries.searching import check_indexed
from clearway_platform.auth.principals import Principal
from clearway_platform.refusals import Invalid
from clearway_platform.web.access import platform_of
from clearway_platform.web.moments import A_DATE, FromTime, UntilTime
from clearway_platform.web.pages import decode_cursor, encode_cursor
from clearway_platform.web.problems import BadCursor

BBOX: Final = "west,south,east,north in degrees; west > east crosses the antimeridian"

AsOf = Annotated[
    UntilTime | None, Query(description=f"What was on record at this time. {A_DATE} What counts is its last moment.")
]


def box_of(text: str) -> Box:
    """The box that a list is narrowed to. Raises a 422 problem."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Invalid("bbox", "is not four numbers", f"Send {BBOX}.", part="query") from error
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid("bbox", "is not on the globe, or south is above north", f"Send {BBOX}.", part="query")
    return Box(west=west, south=south, east=east, north=north)


Text = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Words that all occur in the narrative, the names of the place, the names in other systems or the "
        "organisations; the last one may be the beginning of a word. Accents and capitals do not matter. It finds what "
        "the key reads whole.",
    ),
]


AlongText = Annotated[
    str | None,
    Query(
        max_length=2_000,
        description="The id of a route, or a line as `longitude,latitude;longitude,latitude;…`; one position alone is "
        "the middle of a circle. It needs `within`. The line of a route is its last one; distances are to the point, "
        "and of a reduced incident to its cell.",
    ),
]
Within = Annotated[
    float | None, Query(alias="within", gt=0, le=MOST_WITHIN_M, description="How far from the line `along`, in metres.")
]

AreaTexts = Annotated[
    list[Annotated[str, Field(max_length=3_000)]],
    Query(
        max_length=MOST_AREAS,
        description=f"An outline: {FORM}. Sides are straight in degrees and belong to it, and it may not cross itself. "
        f"Given several times, what is in any of them is found. At most {MOST_POSITIONS} positions in all. Points are "
        "compared, and of a reduced incident its cell.",
    ),
]
Grades = Annotated[
    list[Annotated[str, Field(pattern="^([A-F][1-6]?|[1-6])$")]],
    Query(
        max_length=50,
        description="Admiralty grades of source and information: `B2`, or `B` with any information, or `2` from any "
        "source.",
    ),
]
Precisions = Annotated[
    list[LocationPrecision], Query(max_length=20, description="What the point stands for: `location.precision`.")
]


async def everywhere(
    request: Request,
    principal: Reader,
    wiring: Wired,
    since: Annotated[FromTime | None, Query(alias="from", description=f"Not over before this time. {A_DATE}")] = None,
    until: Annotated[
        UntilTime | None, Query(alias="to", description=f"Begun by this time. {A_DATE} That day is included.")
    ] = None,
    category: Annotated[list[Category], Query(max_length=20)] = [],  # noqa: B006 - read by FastAPI, never changed
    status: Annotated[
        list[Status], Query(max_length=20, description="By default all but `retracted` and `merged`.")
    ] = [],  # noqa: B006
    outcome: Annotated[list[Outcome], Query(max_length=20)] = [],  # noqa: B006
    hazard_state: Annotated[list[HazardState], Query(max_length=20)] = [],  # noqa: B006
    grade: Grades = [],  # noqa: B006
    precision: Precisions = [],  # noqa: B006
    exercises: Inclusion = Inclusion.INCLUDE,
    as_of: AsOf = None,
    text: Text = None,
    along: AlongText = None,
    within_m: Within = None,
    area: AreaTexts = [],  # noqa: B006
) -> Filter:
    """What the query asks for, but the box."""
    search = None if text is None else search_of(text)
    if search is not None:
        async with platform_of(request).database.of(principal.mission).read() as connection:
            await check_indexed(connection, principal.mission)
    return Filter(
        along=await along_of(request, principal, along, within_m),
        area=await areas_of(wiring.distances, area),
        since=since,
        until=until,
        category=tuple(category),
        status=tuple(status),
        outcome=tuple(outcome),
        hazard_state=tuple(hazard_state),
        grade=tuple(grade),
        precision=tuple(precision),
        exercises=exercises,
        as_of=as_of,
        text=search,
    )


Everywhere = Annotated[Filter, Depends(everywhere)]


async def wanted(
    query: Everywhere, box: Annotated[str | None, Query(alias="bbox", max_length=200, description=BBOX)] = None
) -> Filter:
    """What the query asks for."""
    return query if box is None else replace(query, bbox=box_of(box))


async def within(
    query: Everywhere, box: Annotated[str, Query(alias="bbox", max_length=200, description=BBOX)]
) -> Filter:
    """What the query asks for, where it has to name a box."""
    return replace(query, bbox=box_of(box))


async def found_by_place(request: Request, principal: Principal, wiring: Wiring, query: Filter) -> Filter:
    """The query, with what is along its line and in its areas found."""
    database = platform_of(request).database.of(principal.mission)
    return await narrowed_by_place(database, wiring.distances, principal, query)


def cursor_of(moment: str, incident_id: str) -> str:
    """The cursor of the page that follows an incident."""
    return encode_cursor(moment, incident_id)


def page_end_of(cursor: str | None) -> PageEnd | None:
    """Where the page before ended. Raises a 400 problem."""
    end = decode_cursor(cursor, str, str)
    if end is None:
        return None
    try:
        moment = datetime.fromisoformat(end[0])
        if moment.tzinfo is not None:
            return PageEnd(moment.astimezone(UTC), UUID(end[1]))
    except (ValueError, OverflowError):
        pass
    raise BadCursor
