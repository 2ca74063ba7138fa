"""What the guard holds and what it misses, on made-up phrases that were written before it.

The bounds are those of what was measured, with room for a few phrases more: a rule that is made wider or narrower, and
does not keep to them, fails here. Nothing is tuned on the part that is kept apart.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import yaml
from benchmarks.content_guard import CORPUS, LANGUAGES, PARTS, Measured, Phrase, measured

from clearway_incidents.domain import content_guard, guard_words
from clearway_incidents.domain.content_guard import POINTS, WITHHELD, ContentGuard, Rule
from clearway_incidents.exchange.imports.awsd_words import MEANS

NINE_LINES = Path(__file__).parents[1] / "nine_line/corpus"
GUARD = ContentGuard()
PHRASES = Phrase.all()
# Of instructions, the share that may be missed.
MOST_MISSED = {"tuned_on": 0.10, "kept_apart": 0.35}


def of(part: str, language: str, *, constructive: bool) -> Measured:
    own = [one for one in PHRASES if (one.part, one.language, one.is_constructive) == (part, language, constructive)]
    return measured(GUARD, own)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_no_harmless_phrase_is_held(part: str, language: str) -> None:
    assert of(part, language, constructive=False).wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_few_instructions_are_missed(part: str, language: str) -> None:
    found = of(part, language, constructive=True)
    assert found.share <= MOST_MISSED[part], [phrase.text for phrase in found.wrong if phrase.part == "tuned_on"]


def nine_lines() -> Iterator[str]:
    """Every text of the corpus of nine-line reports, and each of its lines."""
    for file in sorted(NINE_LINES.glob("*.yaml")):
        for examples in yaml.load(file.read_text(), Loader=yaml.BaseLoader).values():
            for example in examples:
                for text in [example["text"]] if "text" in example else example["messages"]:
                    yield text
                    yield from text.splitlines()


def test_reports_of_nine_lines_are_never_held() -> None:
    texts = list(nine_lines())
    assert len(texts) > 300
    assert [text for text in texts if GUARD.why(text)] == []


def test_narratives_of_the_database_of_aid_workers_are_never_held() -> None:
    means = list(MEANS)
    assert len(means) > 5
    assert [word for word in means if GUARD.why(f"Attack on aid workers: {word.lower()}.")] == []


def test_a_page_of_reports_is_hardly_ever_held() -> None:
    """Sentences that were chosen because they are near to instructions, ten on a page."""
    draw, held, pages = Random(1), 0, 500
    for number in range(pages):
        language = LANGUAGES[number % 2]
        harmless = [one.text for one in PHRASES if one.language == language and not one.is_constructive]
        held += bool(GUARD.why(" ".join(draw.sample(harmless, 10))))
    assert held <= 0.03 * pages


def test_an_instruction_is_found_within_a_report() -> None:
    before = "Convoy halted at km 12, cordon set, EOD requested. " * 10
    told = "Mix two cups of flurbium with one cup of blenk and stir until smooth. "
    assert Rule.MAKING in GUARD.why(before + told + before)


def test_the_phrases_are_many_and_each_stands_once() -> None:
    counts = Counter((one.is_constructive, one.part) for one in PHRASES)
    assert counts[False, "tuned_on"] + counts[False, "kept_apart"] >= 150
    assert counts[True, "tuned_on"] + counts[True, "kept_apart"] >= 100
    for constructive in (False, True):
        assert counts[constructive, "kept_apart"] * 3 >= counts[constructive, "tuned_on"]
    assert len({one.text for one in PHRASES}) == len(PHRASES)
    assert sorted(file.name for file in CORPUS.iterdir()) == ["constructive.jsonl", "harmless.jsonl"]


def test_what_stands_in_place_of_a_text_is_not_held() -> None:
    assert GUARD.why(WITHHELD) == ()


def test_a_rule_holds_by_itself_only_where_a_mission_says_so() -> None:
    assert max(points for rule, points in POINTS.items() if rule is not Rule.TERM) == 2
    assert POINTS[Rule.TERM] == 3


@pytest.mark.parametrize("text", ["quibbet shell", "QUIBBET-SHELL seen", "un quibbet  shell", "Quíbbet shell"])
def test_a_term_of_the_mission_is_found_as_words(text: str) -> None:
    assert ContentGuard(("Quibbet shell",)).why(text) == (Rule.TERM,)
    assert ContentGuard(("Quibbet shell",)).why("quibbets shell, shell quibbet") == ()


def test_the_words_of_the_guard_name_nothing_of_the_phrases() -> None:
    """A guard that knew the corpus by heart would be none."""
    made_up = {"flurbium", "zorble", "wuggin", "quibbet", "frint", "mumpf", "glonk", "snarf", "blenk"}
    sources = [Path(str(module.__file__)).read_text() for module in (content_guard, guard_words)]
    assert not [word for word in made_up for source in sources if word in source]
