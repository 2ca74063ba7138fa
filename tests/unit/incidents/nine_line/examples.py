"""The examples of nine-line reports in `corpus`, and how all of a text is looked for in a draft."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

NOW: Final = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_NUMBERS: Final = re.compile(
    r"LINE|LIGNE|LN?|NO?|[°º]|NUMBER|NUMERO|IS|MSG|SMS|MESSAGE|PART|PARTIE|OF|SUR|DE|[0-9]{1,2}"
    r"|ONE|TWO|THREE|TREE|FOUR|FOWER|FIVE|FIFE|SIX|SEVEN|EIGHT|AIT|NINER?"
    r"|UNE?|UNITE|DEUX|TROIS|QUATRE|CINQ|SEPT|HUIT|NEUF"
)
_CORPUS: Final = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Example:
    """What was sent, and what is understood of it: the whole draft in one level, each value as it is written."""

    name: str
    language: str
    messages: tuple[str, ...]
    understood: Mapping[str, Any]
    assumed: Sequence[str]
    held_back: Sequence[str]
    not_understood: Mapping[str, Sequence[str]] | None


def _examples() -> Iterator[Example]:
    for file in sorted(_CORPUS.glob("*.yaml")):
        # Of the base loader every value is text: `no` is a word here.
        languages = yaml.load(file.read_text(), Loader=yaml.BaseLoader)
        for language, examples in languages.items():
            yield from (_example(language, **one) for one in examples)


def _example(
    language: str,
    *,
    name: str,
    understood: dict[str, Any],
    text: str | None = None,
    messages: Sequence[str] = (),
    assumed: Sequence[str] = (),
    held_back: Sequence[str] = (),
    not_understood: Mapping[str, Sequence[str]] | None = None,
) -> Example:
    for measured in {"location", "uncertainty_m"} & set(understood):
        value = understood[measured]
        understood[measured] = float(value) if isinstance(value, str) else tuple(map(float, value))
    sent = tuple(messages) if text is None else (text,)
    return Example(name, language, sent, understood, assumed, held_back, not_understood)


def kept_of(draft: Mapping[str, Any]) -> str:
    """The text that a draft holds, its lines and then its narrative, each longer line put together again."""
    lines = {name.split("_")[1]: text for name, text in draft.get("report", {}).get("nine_line", {}).items()}
    narrative = draft.get("narrative", "")
    for number, text in lines.items():
        if found := re.search(rf"(?:^|\n)Line {number}: …", narrative):
            rest = re.split(r"\nLine [1-9]: …", narrative[found.end() :])[0]
            lines[number] = text + rest
            narrative = narrative.replace(found[0] + rest, "", 1)
    return "\n".join([*lines.values(), narrative])


def words_of(text: str) -> list[str]:
    """The words and the numbers of a text, without accents and the signs that stand around them."""
    text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return re.findall(r"\d+|[^\W\d_]+|[^\s;,|()\[\]*#:.=/-]", text)


def lost(messages: Sequence[str], draft: Mapping[str, Any]) -> list[str]:
    """The words of a text which its draft does not hold, beside those that say the number of a line or of a message."""
    missing = Counter(word for message in messages for word in words_of(message)) - Counter(words_of(kept_of(draft)))
    return [word for word in missing if _NUMBERS.fullmatch(word.upper()) is None]


EXAMPLES: Final = tuple(_examples())
