"""Whatever is sent: it is read, nothing of it is lost, and a reading that nobody looks at makes no hazard less."""

from __future__ import annotations

from collections.abc import Sequence
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway_contracts.vocabulary import Category, Outcome, Passable, Priority
from clearway_incidents.api.reports import NewReport
from clearway_incidents.exchange.nine_line.drafting import draft_of, held_back
from clearway_incidents.exchange.nine_line.parsing import LOCATION, parse

from .examples import EXAMPLES, NOW, lost, words_of

SOMEWHERE: dict[str, Any] = {"point": {"type": "Point", "coordinates": [-3.9962, 17.0421]}, "precision": "locality"}
LESS = {
    ("category", Category.NOT_EXPLOSIVE),
    *(("outcome", one) for one in (Outcome.FOUND_CLEARED, Outcome.CACHE_RECOVERED, Outcome.HOAX, Outcome.FALSE_ALARM)),
    ("priority", Priority.NO_THREAT),
    ("road_passable", Passable.YES),
    ("exercise", True),
}
# What the API takes: ten messages, of 3,500 characters together, of all that can be printed.
LONGEST = 3_500
PRINTABLE = st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t\r")
ANYTHING = st.lists(st.text(PRINTABLE, max_size=300), min_size=1, max_size=10)
# Pieces that the readers look for, beside each other as nobody would write them.
WORDS = """
LINE LIGNE L4 4. (4) 1/3 MSG 281040Z FEB 26 30QVD 12345 67890 17.0421N 3.9962W 17° 02' 31" N O LAT LONG three zero
quebec november UN UNE A IED UXO EEI not pas cleared neutralisé hoax false alarm no threat route ouverte 2 x KIA blessés
killed civilians et and EXERCISE correction ½ ² ß ﬁ ０ ٣ é̂ 🚧 : ; , . ? / '
"""
PIECES = st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=60).map(" ".join)


@st.composite
def mutated(draw: st.DrawFn) -> list[str]:
    """An example with pieces dropped, doubled, exchanged, in capitals, with odd signs in it, cut into messages."""
    pieces = " ".join(draw(st.sampled_from(EXAMPLES)).messages).split(" ")
    for _ in range(draw(st.integers(0, 6))):
        at, other = draw(st.integers(0, len(pieces) - 1)), draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(("drop", "double", "exchange", "upper", "insert"))):
            case "drop":
                pieces[at] = ""
            case "double":
                pieces.insert(other, pieces[at])
            case "exchange":
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case "upper":
                pieces[at] = pieces[at].upper()
            case _:
                within = draw(st.integers(0, len(pieces[at])))
                pieces[at] = pieces[at][:within] + draw(st.text(PRINTABLE, max_size=3)) + pieces[at][within:]
    text = " ".join(pieces)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def check(messages: Sequence[str]) -> None:
    parsed = parse(messages, NOW)
    seen, unseen = draft_of(parsed), draft_of(parsed, unseen=True)
    for draft in (seen, unseen):
        assert not lost(messages, draft)
        NewReport.model_validate({LOCATION: SOMEWHERE, **draft}).submission(NOW)
    facts = {**unseen, **unseen.get("impact", {})}
    assert not [(name, value) for name, value in LESS if facts.get(name) == value]
    if unseen == seen:
        assert not held_back(parsed)


@given(ANYTHING)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_and_kept(messages: list[str]) -> None:
    check(messages)


@given(PIECES)
@settings(max_examples=300, deadline=None)
def test_pieces_of_reports_in_any_order_are_read_and_kept(text: str) -> None:
    check([text])


@given(mutated())
@settings(max_examples=300, deadline=None)
def test_a_report_that_was_spoilt_on_its_way_is_read_and_kept(messages: list[str]) -> None:
    check(messages)


REPEATED = """
LINE_4_ 1_ 1._ 12_ one_ one, N_1_ 1_2_ 30Q_ 2_A_ IED_ not_ correction_ a_people_ EXERCISE_ 2_soldiers_and_ killed_2_
28/02_ FEB_ E. cleared_ route_ aaaaaaaaaaaaaaaaaaaa é / _ 17_ 1:
"""


@pytest.mark.parametrize("piece", [*(piece.replace("_", " ") for piece in REPEATED.split()), "\n"])
def test_the_longest_text_of_one_piece_is_read_at_once(piece: str) -> None:
    text = (piece * LONGEST)[:LONGEST]
    began = process_time()
    check([text])
    assert process_time() - began < 1, "the time must grow with the length of the text, not with its square"


def test_what_is_lost_would_be_noticed() -> None:
    draft = draft_of(parse(["LINE 4: IED at the culvert"], NOW))
    assert lost(["LINE 4: IED (at the culvert), 300 m behind"], draft) == ["300", "m", "behind"]
    assert words_of("(a) b: c4") == ["a", "b", "c", "4"]
