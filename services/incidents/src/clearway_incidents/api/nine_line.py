"""Nine-line reports as text: what was understood of them, and an incident on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Self

from pydantic import UUID7, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import JSONResponse, Response

from clearway_incidents.api.answers import IncidentBody, reply_to_report
from clearway_incidents.api.dependencies import Reporter, Wired
from clearway_incidents.api.reports import NewReport, ReporterForm
from clearway_incidents.api.texts import PRINTABLE, Form
from clearway_incidents.domain.content_guard import WITHHELD
from clearway_incidents.domain.errors import IdTaken, InvalidFact, NotNow
from clearway_incidents.exchange.nine_line.drafting import LONGEST_LINE, draft_of, held_back
from clearway_incidents.exchange.nine_line.parsing import LOCATION, Line, Parse, parse
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Transaction
from clearway_platform.web.document import header
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

# Ten messages of a telephone, and room for who types. Of a longer text the narrative could not hold the rest.
LONGEST: Final = 3_500
MOST_MESSAGES: Final = 10
_EXAMPLE: Final[dict[str, Any]] = {
    "text": "LINE 1: 280540ZFEB26\nLINE 2: Convoy 12, 30Q VD 12345 67890\nLINE 4: IED found on roadside\n"
    "LINE 7: convoy halted, road closed\nLINE 8: cordon, EOD requested\nLINE 9: immediate",
    "report": {"organisation": "Convoy 12", "channel": "radio"},
}

# Who may read contacts is decided by the line: the narrative, which holds the rest of other lines, is read by more.
_LONG_CONTACT: Final = f"has more than {LONGEST_LINE} characters in line 3"
_NO_POSITION: Final = "has no position that was understood, in line 2 or before the lines"
_POSITION: Final = (
    "Give a grid reference with its zone (30Q VD 12345 67890) or degrees (17.0421N 3.9962W), or send it "
    "without `record` and complete the draft."
)

router = Router(prefix="/v1/incidents:nine-line", tags=["Reporting incidents"])


class NineLineText(Form):
    """A nine-line report in English or French, as it was spoken or typed: one text, or the messages that it came in."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    text: Annotated[str, Field(max_length=LONGEST), PRINTABLE] | None = None
    messages: (
        Annotated[tuple[Annotated[str, PRINTABLE], ...], Field(min_length=1, max_length=MOST_MESSAGES, fail_fast=True)]
        | None
    ) = Field(default=None, description=f"At most {MOST_MESSAGES}, of {LONGEST} characters together.")
    record: bool = Field(default=False, description="Record it at once; by default it is shown, and nothing is kept.")
    incident_id: UUID7 | None = Field(default=None, description="Your own UUIDv7, so that a repeat is recognised.")
    exercise: bool | None = Field(default=None, description="By default what the text says.")
    report: ReporterForm = ReporterForm()

    @model_validator(mode="after")
    def _is_one_text(self) -> Self:
        if (self.text is None) == (self.messages is None):
            raise ValueError("text or messages must be given, and not both")
        if sum(map(len, self.sent)) > LONGEST:
            raise ValueError(f"messages together must have at most {LONGEST} characters")
        if not "".join(self.sent).strip():
            raise ValueError("the text must not be empty")
        return self

    @property
    def sent(self) -> Sequence[str]:
        return self.messages or (self.text or "",)

    def draft(self, parsed: Parse) -> dict[str, Any]:
        """The body of the report. Before it is recorded unseen, what makes a hazard less is taken out."""
        made = {"incident_id": self.incident_id or new_id(), **draft_of(parsed, unseen=self.record)}
        if self.exercise is not None:
            made["exercise"] = self.exercise
        lines = made.get("report", {})
        made["report"] = self.report.model_dump(exclude_unset=True) | lines
        return made


class UnderstoodBody(BaseModel):
    """A field of a report, its value, and the words that said it. `assumed` names what was not said and was taken as
    usual: `zone` (UTC), `day`, `month` and `year` (the latest that have been), `order` (the latitude first)."""

    field: str
    value: Any
    words: str
    assumed: list[str]


class LineBody(BaseModel):
    """One of the nine: its text, null where it is missing, what was understood, and the words that were not."""

    line: int | None = Field(description="1 to 9; null for what stands before the first line.")
    text: str | None
    understood: list[UnderstoodBody]
    not_understood: list[str]


class NineLineAnswer(BaseModel):
    """What was understood, line by line, and the report that follows from it."""

    lines: list[LineBody] = Field(
        description="Always nine. Where a text of a recorded report is under review, none of what was sent is here."
    )
    before: LineBody = Field(description="What stands before the first line, or the whole of a text without lines.")
    missing: list[str] = Field(description="What the report needs and no line says: `location`.")
    held_back: list[str] = Field(
        description="Fields that make the hazard less. They are in the draft, and never recorded unseen."
    )
    draft: dict[str, Any] = Field(
        description="Send it to `POST /v1/incidents` to confirm it, corrected where needed. Empty where a text of a "
        "recorded report is under review."
    )
    incident: IncidentBody | None = Field(description="What was recorded; null where nothing was.")


_RECORDED: Final[dict[int | str, dict[str, Any]]] = {
    201: {
        "model": NineLineAnswer,
        "description": "It was asked to be recorded, and is.",
        "headers": header("ETag") | header("Location"),
    }
}


@router.post(
    "",
    operation_id="incidents.report_nine_line",
    summary="Read a nine-line report",
    response_model=NineLineAnswer,
    responses=_RECORDED | raises(NotNow, IdTaken),
)
async def read_nine_line(sent: NineLineText, principal: Reporter, wiring: Wired, write: Write) -> Response:
    """Reads the text field by field, and shows what was understood of each line and what was not. No text is lost:
    all of it is in the draft. Confirm by sending the draft to `POST /v1/incidents`. With `record` it is recorded at
    once (201) where a position was understood; what would make the hazard less is then held back, for a person."""
    now = wiring.clock.now()
    parsed = await wiring.texts.run(parse, sent.sent, now)
    field = "text" if sent.messages is None else "messages"
    if len(parsed.contact) > LONGEST_LINE:
        raise InvalidFact(field, _LONG_CONTACT, "Shorten it, or check that the lines after it have their numbers.")
    draft = sent.draft(parsed)
    answer = _answer(parsed, draft)
    if not sent.record:
        return JSONResponse(answer.model_dump(mode="json"))
    if LOCATION not in draft:
        raise InvalidFact(field, _NO_POSITION, _POSITION)
    report = NewReport.model_validate(draft)

    async def command(transaction: Transaction) -> Reply:
        accepted = await wiring.intake.report(transaction, principal, report.submission(now))
        reply = reply_to_report(accepted, principal)
        shown = answer if not reply.body["withheld"] else _without_texts(answer)
        return Reply(reply.status, shown.model_dump(mode="json") | {"incident": reply.body}, reply.headers)

    return await write(command)


def _without_texts(answer: NineLineAnswer) -> NineLineAnswer:
    """The answer is kept for a repeat: where a text is held, it has none of what was sent."""
    lines = [_line_without_text(line) for line in answer.lines]
    return answer.model_copy(update={"lines": lines, "before": _line_without_text(answer.before), "draft": {}})


def _line_without_text(line: LineBody) -> LineBody:
    text = line.text and WITHHELD
    return LineBody(line=line.line, text=text, understood=[], not_understood=[])


def _answer(parsed: Parse, draft: dict[str, Any]) -> NineLineAnswer:
    return NineLineAnswer(
        lines=[_line(line) for line in parsed.lines],
        before=_line(parsed.before),
        missing=[] if LOCATION in draft else [LOCATION],
        held_back=held_back(parsed),
        draft=draft,
        incident=None,
    )


def _line(line: Line) -> LineBody:
    understood = [
        UnderstoodBody(field=one.field, value=one.value, words=one.words, assumed=list(one.assumed))
        for one in line.understood
    ]
    return LineBody(line=line.number, text=line.heard, understood=understood, not_understood=list(line.not_understood))
