"""The words of an incident by which it is found, and what a search asks for.

Texts are cut into words here, and not in a database: so the same search finds the same incidents on both. Neither
accents nor capitals matter. What is no word of a text, as the id of a related incident, is kept as a term that begins
with a character that no word has.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from clearway_incidents.domain.errors import InvalidSearch

MOST_WORDS: Final = 10
# A longer word is cut, in texts and in searches alike.
LONGEST_WORD: Final = 64
# The beginning of a word is searched for from here on; one character begins a third of all words.
SHORTEST_BEGINNING: Final = 2
# The fields that have a word of an incident, by the first part of their names.
FIELDS: Final = frozenset({"narrative", "location", "external_refs", "reports", "clearance", "links"})

_WORD: Final = re.compile(r"[^\W_]+")
_PLACE_NAMES: Final = ("place_name", "admin0", "admin1", "admin2")
# From the area for private use: letters and digits never are.
_RELATED: Final = "\ue001"

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: every one of the terms, and a word that begins with `beginning`, where there is one."""

    terms: tuple[str, ...]
    beginning: str | None = None


def search_of(text: str) -> Search:
    """What a person typed: every word must occur, the last one as the beginning of a word. Raises InvalidSearch."""
    if '"' in text:
        raise InvalidSearch("has quotes", "Phrases are not searched for: leave the quotes out.")
    words = list(_words(text))
    found = list(dict.fromkeys(words))
    if not found:
        raise InvalidSearch("has no word", "Send letters or digits.")
    if len(found) > MOST_WORDS:
        raise InvalidSearch(f"has {len(found)} words, more than {MOST_WORDS}", "Leave some out.")
    last = words[-1]
    if len(last) < SHORTEST_BEGINNING:
        return Search(tuple(found))
    return Search(tuple(word for word in found if word != last), last)


def search_for_related(incident_id: UUID) -> Search:
    """The incidents that name this one as related."""
    return Search((_related(incident_id),))


def words_of(state: Mapping[str, Any]) -> Words:
    """The words of an incident as it is stored, in whichever version: those of its narrative, of the names of its
    place, of its names in other systems, and of the organisations that reported or cleared. Contacts are none."""
    named = {_related(UUID(related)) for related in (state.get("links") or {}).get("related") or ()}
    return frozenset(named.union(*(_words(text) for text in _texts(state))))


def _texts(state: Mapping[str, Any]) -> Iterator[str]:
    location, clearance = state["location"], state.get("clearance")
    yield state.get("narrative") or ""
    yield from (location.get(name) or "" for name in _PLACE_NAMES)
    for ref in state.get("external_refs") or ():
        yield from (ref["system"], ref["id"])
    yield from (report["organisation"] for report in state.get("reports") or ())
    if clearance is not None:
        yield clearance.get("organisation") or ""


def _words(text: str) -> Iterable[str]:
    return (word[:LONGEST_WORD] for word in _WORD.findall(_plain(text)))


def _plain(text: str) -> str:
    """In small letters and without accents. What looks the same to a reader is the same."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(part for part in parts if part.isascii() or unicodedata.category(part)[0] != "M")


def _related(incident_id: UUID) -> str:
    return f"{_RELATED}{incident_id.hex}"
