"""What is kept of a report as another system sent it: everything but the texts that are held.

In place of such a text stands the sentence with the hash of the text, so that the next edition of the source is
compared with what it said before, and not with what is said instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from clearway_incidents.domain.content_guard import WITHHELD, ContentGuard
from clearway_incidents.domain.incident import ReportedFacts
from clearway_incidents.domain.withholding import texts_of, with_texts


@dataclass(frozen=True, slots=True)
class Kept:
    """The fields, with a mark in place of each text that is held, and the texts by their marks. `marks` are all marks
    of the fields, also those whose texts are not here."""

    fields: Mapping[str, Any]
    texts: Mapping[str, str]
    marks: AbstractSet[str]


def kept(guard: ContentGuard, fields: Mapping[str, Any], known: AbstractSet[str] = frozenset()) -> Kept:
    """What is kept of a content. A text with a mark that is `known` gets it, whether it is held or not."""
    texts: dict[str, str] = {}
    marks: set[str] = set()

    def of(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: of(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [of(item) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith(_BEGINS):
            marks.add(value)
        elif guard.why(value) or (known and _mark(value) in known):
            mark = _mark(value)
            texts[mark] = value
            marks.add(mark)
            return mark
        return value

    return Kept(of(fields), texts, marks)


def restored(facts: ReportedFacts, of: Kept) -> ReportedFacts:
    """The facts with the texts in place of their marks."""
    marked = {name: of.texts[text] for name, text in texts_of(facts) if text in of.texts}
    whole: ReportedFacts = with_texts(facts, marked)
    return whole


_BEGINS = f"{WITHHELD}, sha256 "


def _mark(text: str) -> str:
    return f"{_BEGINS}{hashlib.sha256(text.encode()).hexdigest()}"
