"""`python -m benchmarks.content_guard`: how many harmless phrases the guard holds, and how many instructions it misses.

The phrases are made up, with made-up substances and parts, and were written before the guard. Two thirds were looked at
while it was made; a third is kept apart. What people write who want to get past it is in neither part.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import typer
from rich.table import Table

from benchmarks.figures import console
from clearway_incidents.domain.content_guard import ContentGuard, Rule

CORPUS: Final = Path(__file__).parents[1] / "tests/unit/incidents/content_guard/corpus"
PARTS: Final = ("tuned_on", "kept_apart")
LANGUAGES: Final = ("en", "fr")
LONGEST: Final = 4_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase, its language, the part that it belongs to, and whether it says how something is made."""

    text: str
    language: str
    part: str
    is_constructive: bool

    @classmethod
    def all(cls, corpus: Path = CORPUS) -> list[Self]:
        kinds = {"harmless": False, "constructive": True}
        return [
            cls(row["text"], row["language"], row["part"], kinds[kind])
            for kind in kinds
            for row in map(json.loads, (corpus / f"{kind}.jsonl").read_text().splitlines())
        ]


@dataclass(frozen=True, slots=True)
class Measured:
    """How many phrases there are, and those of which the guard is wrong: held and harmless, or missed."""

    phrases: int
    wrong: Sequence[Phrase]

    @property
    def share(self) -> float:
        return len(self.wrong) / self.phrases


def measured(guard: ContentGuard, phrases: Sequence[Phrase]) -> Measured:
    wrong = [phrase for phrase in phrases if bool(guard.why(phrase.text)) is not phrase.is_constructive]
    return Measured(len(phrases), wrong)


def main() -> None:
    """Print false holds and misses by language, for both parts, what was wrong of the first, and what it costs."""
    guard, phrases = ContentGuard(), Phrase.all()
    table = Table("part", "language", "harmless", "held falsely", "instructions", "missed", title="Made-up phrases")
    for part in PARTS:
        for language in (*LANGUAGES, "both"):
            table.add_row(part, language, *_cells(guard, phrases, part, language))
    console.print(table)
    console.print(
        "Wrong of the part that was looked at; of the other one nothing is shown, so that nobody tunes on it:"
    )
    for phrase in measured(guard, [one for one in phrases if one.part == "tuned_on"]).wrong:
        console.print(f"  {'missed' if phrase.is_constructive else 'held'}: {phrase.text}")
    for name, text in _long_texts(phrases):
        console.print(f"{name}, {len(text):,} characters: {_milliseconds(guard, text):.2f} ms")


def _cells(guard: ContentGuard, phrases: Sequence[Phrase], part: str, language: str) -> Iterator[str]:
    for is_constructive in (False, True):
        own = [
            one
            for one in phrases
            if one.part == part and one.is_constructive is is_constructive and language in (one.language, "both")
        ]
        found = measured(guard, own)
        yield str(found.phrases)
        yield f"{len(found.wrong)} ({found.share:.0%})"


def _long_texts(phrases: Sequence[Phrase]) -> Iterator[tuple[str, str]]:
    reports = " ".join(one.text for one in phrases if not one.is_constructive)
    yield "reports", reports[:LONGEST]
    # Every word begins a rule, and no rule is fulfilled.
    yield "the worst", ("take the of a " * LONGEST)[:LONGEST]
    yield f"{Rule.AMOUNT.value} without end", ("1 g x " * LONGEST)[:LONGEST]


def _milliseconds(guard: ContentGuard, text: str, times: int = 50) -> float:
    begun = time.process_time()
    for _ in range(times):
        guard.why(text)
    return (time.process_time() - begun) / times * 1_000


if __name__ == "__main__":
    typer.run(main)
