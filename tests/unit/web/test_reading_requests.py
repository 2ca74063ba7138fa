"""What a request asks for: its formats, its times, and the place of what is wrong in it."""

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from clearway_platform.web.browsers import wants_a_page
from clearway_platform.web.moments import FromTime, UntilTime
from clearway_platform.web.problems import FieldError, Problem, field_errors
from clearway_platform.web.representation import matches
from clearway_platform.web.strict import accepts, chosen


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("application/json", True),
        ("text/html, application/*;q=0.1", True),
        ("*/*;q=0.01", True),
        ("APPLICATION/JSON ; charset=utf-8", True),
        ("text/csv", False),
        ("application/json;q=0", False),
        ("application/jsonp", False),
        ("", False),
    ],
)
def test_what_accept_allows(accept: str, given: bool) -> None:
    assert accepts(accept, ["application/json"]) is given


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("*/*", False),
        ("", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0", False),
        ("text/html;q=nonsense", True),
    ],
)
def test_who_wants_a_page(accept: str, page: bool) -> None:
    assert wants_a_page(accept) is page


@pytest.mark.parametrize(
    ("tags", "known"),
    [('"3"', True), ('W/"3"', True), ('"1", W/"3"', True), ("*", True), ('"33"', False), (None, False), ("", False)],
)
def test_which_tags_a_reader_has(tags: str | None, known: bool) -> None:
    assert matches(tags, '"3"') is known
    assert matches(tags, 'W/"3"') is known


def test_a_date_begins_and_ends() -> None:
    assert TypeAdapter(FromTime).validate_python("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC)
    last = TypeAdapter(UntilTime).validate_python("2026-11-01")
    assert last == datetime(2026, 11, 1, 23, 59, 59, 999999, tzinfo=UTC)
    assert TypeAdapter(UntilTime).validate_python("2026-11-01T02:00:00+02:00") == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "0000-00-00", "20261101", "2026-11-01 ", "today"])
def test_what_is_no_date_is_refused(text: str) -> None:
    for kind in (FromTime, UntilTime):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)


def test_a_choice_names_what_exists() -> None:
    assert chosen("types", None, ("a", "b")) == {"a", "b"}
    assert chosen("types", ["a"], ("a", "b")) == {"a"}
    with pytest.raises(Problem) as refusal:
        chosen("types", ["a", "c" * 200], ("a", "b"))
    assert "Use: a, b." in refusal.value.detail
    assert len(refusal.value.detail) < 200


class Circle(BaseModel):
    type: str
    radius: float


class Box(BaseModel):
    type: str
    width: float


class Sent(BaseModel):
    area: Circle | Box
    items: list[Circle] = Field(default_factory=list)


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"area": {"type": "circle", "radius": "wide"}}, "/area/radius"),
        ({}, "/area"),
        ({"area": {"type": "c", "radius": 1}, "items": [{"type": "c", "radius": 1}, {"type": "c"}]}, "/items/1/radius"),
        ({"area": {"type": "c", "radius": 1}, "items": [{"type": "c", "radius": "~/"}]}, "/items/0/radius"),
    ],
)
def test_a_place_is_one_of_what_was_sent(sent: dict[str, object], pointer: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Sent.model_validate(sent)
    first = field_errors(refusal.value.errors(), sent=sent)[0]
    assert first.pointer == pointer
    assert first.field == "body" + pointer.replace("/", ".")


def test_a_pointer_follows_from_the_field() -> None:
    def pointer(field: str) -> str | None:
        return FieldError(field=field, problem="", remedy="").pointer

    assert pointer("body.time.occurred_at") == "/time/occurred_at"
    assert pointer("external_refs") == "/external_refs"
    assert pointer("body") == ""
    assert pointer("query.limit") is pointer("header.If-Match") is None
