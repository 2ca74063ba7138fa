"""Whatever is sent: the guard answers, and its time grows with the length of the text alone."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway_incidents.domain.content_guard import ContentGuard, tokens_of

GUARD = ContentGuard(("quibbet shell", "zorble"))
LONGEST = 4_000
ANYTHING = st.text(max_size=400)
WORDS = """
mix take put it the of to with into and then first step 1 2: 4:1 200 g kg ml cup two parts list ingredients : ; , . ( )
how is made you need materials recette il faut de d' le la mélanger fixez zorble quibbet shell wuggin ratio be must \n
joined assemblé est É ² ½ ß ﬁ ０ ٣ é̂ 🚧 ' - /
"""
PIECES = st.lists(st.sampled_from([*WORDS.split(" "), "\n"]), max_size=80).map(" ".join)


@given(ANYTHING)
@settings(max_examples=200, deadline=None)
def test_any_text_is_answered(text: str) -> None:
    assert GUARD.why(text) == GUARD.why(text)


@given(PIECES)
@settings(max_examples=300, deadline=None)
def test_pieces_of_rules_in_any_order_are_answered_and_capitals_change_nothing(text: str) -> None:
    assert bool(GUARD.why(text)) == bool(GUARD.why(text.lower()))


@given(PIECES, PIECES)
@settings(max_examples=200, deadline=None)
def test_what_is_held_is_held_with_more_before_it(text: str, more: str) -> None:
    """Else a long enough beginning would let it pass."""
    if GUARD.why(text):
        assert GUARD.why(f"{more}.\n{text}")


REPEATED = """
mix_ mix_a_ take_the_of_a_ 1_g_x_ 1.1. 1:1_ il_faut_ materials_:_ a,_ consists_of_:_a,_ must_be_mixed_ step_1_ . : é
aaaaaaaaaaaaa_ add_x_to_y_ le_ quibbet_ zorbl_ 1
"""


@pytest.mark.parametrize("piece", [*(piece.replace("_", " ") for piece in REPEATED.split()), "\n", "\u0301"])
def test_ten_times_the_text_takes_ten_times_as_long(piece: str) -> None:
    def seconds(text: str) -> float:
        begun = process_time()
        for _ in range(5):
            GUARD.why(text)
        return process_time() - begun

    short = (piece * LONGEST)[:LONGEST]
    seconds(short)
    once = min(seconds(short) for _ in range(3))
    tenfold = min(seconds(short * 10) for _ in range(3))
    assert tenfold < 40 * max(once, 0.0005), "the time must grow with the length of the text, not with its square"


def test_words_are_read_without_accents_and_signs_that_nobody_sees() -> None:
    assert tokens_of("Mé\u200blangez, l'ÉTAPE 2") == ["melangez", ",", "l", "etape", "2"]
