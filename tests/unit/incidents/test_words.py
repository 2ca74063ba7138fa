"""How texts are cut into words, and what a search asks for."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_incidents.domain.errors import InvalidSearch
from clearway_incidents.domain.words import (
    LONGEST_WORD,
    MOST_WORDS,
    Search,
    search_for_related,
    search_of,
    words_of,
)

RELATED = UUID("01890000-0000-7000-8000-000000000001")


def state(**fields: Any) -> dict[str, Any]:
    return {"location": {"place_name": None}, "narrative": "", **fields}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Beside the culvert, km 12", {"beside", "the", "culvert", "km", "12"}),
        ("École, ÉCOLE, ecole", {"ecole"}),
        ("snake_case e-mail", {"snake", "case", "e", "mail"}),
        ("Straße", {"strasse"}),
        ("x" * 70, {"x" * LONGEST_WORD}),
        ("", set()),
    ],
)
def test_texts_are_cut_into_words(text: str, words: set[str]) -> None:
    assert words_of(state(narrative=text)) == words


def test_words_come_from_names_and_organisations_and_never_from_contacts() -> None:
    report = {"organisation": "Unit", "role": "clerk", "contact_ref": "book", "nine_line": {"line_3": "phone"}}
    found = words_of(
        state(
            location={"place_name": "Hill", "admin0": "MLI", "admin1": "Kidal", "admin2": "Tessalit", "mgrs": "30Q"},
            external_refs=[{"system": "register", "id": "7", "url": "https://example.org"}],
            reports=[report],
            clearance={"organisation": "Team", "reference": "paper"},
        )
    )
    assert found == {"hill", "mli", "kidal", "tessalit", "register", "7", "unit", "team"}


def test_a_related_incident_is_a_term_that_no_search_by_words_has() -> None:
    [term] = words_of(state(links={"related": [str(RELATED)]}))
    assert search_for_related(RELATED) == Search((term,))
    assert search_of(f"{term} {RELATED}").terms != (term,)
    assert term not in search_of(term).terms


def test_the_last_word_is_the_beginning_of_one() -> None:
    assert search_of("north culv") == Search(("north",), "culv")
    assert search_of("culv culv") == Search((), "culv")
    assert search_of("culvert x") == Search(("culvert", "x"))


@pytest.mark.parametrize("text", ["", "--", '"a b"', " ".join("abcdefghijk")])
def test_what_cannot_be_searched_for_is_refused(text: str) -> None:
    with pytest.raises(InvalidSearch):
        search_of(text)


@given(st.text(max_size=200))
def test_a_search_has_nothing_that_a_query_language_could_read(text: str) -> None:
    try:
        search = search_of(text)
    except InvalidSearch:
        return
    words = [*search.terms, *([] if search.beginning is None else [search.beginning])]
    assert 0 < len(words) <= MOST_WORDS
    assert all(character.isalnum() for word in words for character in word)
    found = words_of(state(narrative=text))
    assert set(search.terms) <= found
