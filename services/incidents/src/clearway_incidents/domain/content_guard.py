"""Whether a text reads like instructions for making something. A person decides; this only asks for one.

Each rule gives points for general words, and a text is held when enough points stand close together. A rule names no
substance, part or method: words that a mission wants found come from a file of its own. The time grows with the length
of the text alone. It is measured on made-up phrases (`python -m benchmarks.content_guard`), and cannot find everything.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Self

from clearway_incidents.domain import guard_words as words

WITHHELD: Final = "withheld: under review"
"""Stands where a text is held."""
HELD_FROM: Final = 3
"""The points from which a text is held."""
WITHIN: Final = 20
"""So many words may lie between the first and the last of the points: a long report is not added up."""

# A word, a number with its signs, or what ends a clause. No part can match the same characters in two ways.
_TOKENS: Final = re.compile(r"[^\W\d_]+|\d+(?:[.,:]\d+)*|[.,;:!?()\n+=]")
_MARKS: Final = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]")
_CLAUSE_ENDS: Final = frozenset(".,;:!?()\n+=")
_RATIO: Final = re.compile(r"\d{1,2}:\d")
_LONGEST_LIST: Final = 20
_FAR: Final = 8
"""So many words after a verb what it is done to is looked for."""


class Rule(StrEnum):
    """What was found. The names are shown to those who review."""

    MAKING = "tells_to_make"
    HANDLING = "tells_to_handle"
    JOINING = "tells_what_goes_to_what"
    MADE = "says_how_it_is_made"
    AMOUNT = "names_an_amount"
    RATIO = "names_a_ratio"
    STEPS = "has_numbered_steps"
    HOW_TO = "is_headed_as_instructions"
    PLAN = "names_a_recipe_or_plan"
    LISTED = "lists_what_it_is_made_of"
    TERM = "has_a_term_of_the_mission"


POINTS: Final[Mapping[Rule, int]] = {
    Rule.MAKING: 2,
    Rule.HANDLING: 1,
    Rule.JOINING: 1,
    Rule.MADE: 1,
    Rule.AMOUNT: 1,
    Rule.RATIO: 2,
    Rule.STEPS: 1,
    Rule.HOW_TO: 2,
    Rule.PLAN: 1,
    Rule.LISTED: 1,
    Rule.TERM: HELD_FROM,
}
# Advice, a list of goods, and an account of what was done are no instructions for making, however long they are.
_MOST: Final[Mapping[Rule, int]] = {
    Rule.HANDLING: 2,
    Rule.AMOUNT: 2,
    Rule.MADE: 2,
    Rule.STEPS: 1,
    Rule.HOW_TO: 2,
    Rule.PLAN: 1,
    Rule.LISTED: 1,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found at a word, and in which words: the same words again are found once."""

    at: int
    rule: Rule
    said: str


class _Phrases(NamedTuple):
    """Phrases by their first word."""

    rule: Rule
    by_first: Mapping[str, Sequence[tuple[str, ...]]]

    @classmethod
    def of(cls, rule: Rule, phrases: Iterable[Sequence[str]]) -> Self:
        found: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            if phrase:
                found.setdefault(phrase[0], []).append(tuple(phrase))
        return cls(rule, found)


_SHIPPED: Final = (
    _Phrases.of(Rule.HOW_TO, [heading.split() for heading in words.HEADINGS]),
    _Phrases.of(Rule.LISTED, [heading.split() for heading in words.HEADINGS_OF_LISTS]),
    _Phrases.of(Rule.PLAN, [plan.split() for plan in words.PLANS]),
    _Phrases.of(Rule.HANDLING, [said.split() for said in words.OWN]),
    _Phrases.of(Rule.RATIO, [ratio.split() for ratio in words.RATIOS]),
)


# No rule begins at another word.
_NOTED: Final = frozenset().union(
    words.MAKING, words.HANDLING, words.DONE, words.DONE_AFTER_BEING, words.NUMBERED, words.NUMBERS
)


@dataclass(frozen=True, slots=True)
class ContentGuard:
    """`terms`: words of the mission, each of which holds a text by itself."""

    terms: tuple[str, ...] = ()
    _phrases: tuple[_Phrases, ...] = field(init=False)
    _noted: frozenset[str] = field(init=False)
    _telling: frozenset[str] = field(init=False)
    _said: dict[str, tuple[Rule, ...]] | None = field(init=False, default=None, compare=False)

    def __post_init__(self) -> None:
        own = _Phrases.of(Rule.TERM, [tokens_of(term) for term in self.terms])
        phrases = (*_SHIPPED, own) if self.terms else _SHIPPED
        object.__setattr__(self, "_phrases", phrases)
        noted = _NOTED.union(*(part.by_first for part in phrases))
        object.__setattr__(self, "_noted", noted)
        # A number tells nothing without its unit.
        object.__setattr__(self, "_telling", noted.union(words.AMOUNTS, words.SHARES) - words.NUMBERS)

    def once(self) -> Self:
        """This guard, for one batch of reports: it keeps their texts, and looks at each one once. A text stands in what
        was sent and in what is recorded, and the names of places and organisations in many reports."""
        other = copy(self)
        object.__setattr__(other, "_said", {})
        return other

    def why(self, text: str) -> tuple[Rule, ...]:
        """The rules because of which the text is held; empty where it is not."""
        if self._said is None:
            return self._why(text)
        if (known := self._said.get(text)) is None:
            known = self._said[text] = self._why(text)
        return known

    def _why(self, text: str) -> tuple[Rule, ...]:
        tokens = tokens_of(text)
        if self._telling.isdisjoint(tokens):
            return ()
        near = _Near()
        for finding in self._found(tokens):
            if near.add(finding) and (held_by := near.rules):
                return held_by
        return ()

    def _found(self, tokens: Sequence[str]) -> Iterator[Finding]:
        for at, token in enumerate(tokens):
            if token not in self._noted and not token[0].isdigit():
                continue
            for phrases in self._phrases:
                for phrase in phrases.by_first.get(token, ()):
                    if tuple(tokens[at : at + len(phrase)]) == phrase:
                        yield from _said(tokens, at, phrases.rule, phrase)
            if token in words.MAKING:
                yield from _told(tokens, at, Rule.MAKING, words.MAKING[token])
            elif token in words.HANDLING:
                yield from _told(tokens, at, Rule.HANDLING, words.HANDLING[token])
            elif token in words.DONE:
                must = at > 1 and tokens[at - 1] in words.BEING and tokens[at - 2] in words.MUST
                yield Finding(at, Rule.MAKING if must else Rule.MADE, token)
            elif token[0].isdigit() or token in words.NUMBERS:
                yield from _measured(tokens, at)
            if token in words.DONE_AFTER_BEING and at and tokens[at - 1] in words.BEING:
                must = at > 1 and tokens[at - 2] in words.MUST
                yield Finding(at, Rule.MAKING if must else Rule.MADE, token)
            if token in words.NUMBERED and _after(tokens, at, 1).isdigit():
                yield Finding(at, Rule.STEPS, "")


PLAIN: Final = ContentGuard()
"""The guard without terms of a mission."""


def tokens_of(text: str) -> list[str]:
    """The words, numbers and ends of clauses of a text, in small letters, without accents."""
    plain = text if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return _TOKENS.findall(plain.lower())


def _after(tokens: Sequence[str], at: int, steps: int) -> str:
    return tokens[at + steps] if at + steps < len(tokens) else "."


def _said(tokens: Sequence[str], at: int, rule: Rule, phrase: Sequence[str]) -> Iterator[Finding]:
    """A phrase. One that heads a list counts as such, and once more where things follow that reports do not list."""
    if rule is not Rule.LISTED:
        yield Finding(at, rule, " ".join(phrase))
        return
    yield Finding(at, Rule.HOW_TO, " ".join(phrase))
    begins = at + len(phrase)
    if _after(tokens, begins, 0) == ":":
        begins += 1
    elif phrase[-1] != ":":
        return
    if sum(1 for _thing in _things(tokens[begins : begins + _LONGEST_LIST])) > 1:
        yield Finding(at, Rule.LISTED, "")


def _things(tokens: Sequence[str]) -> Iterator[str]:
    """The first word of each part of a list, but what reports are about."""
    is_first = True
    for token in tokens:
        if token in ".;\n":
            return
        if token == ",":
            is_first = True
        elif is_first and not _is_passed_over(token):
            is_first = False
            if not _is_ordinary(token):
                yield token


def _told(tokens: Sequence[str], at: int, rule: Rule, verb: str) -> Iterator[Finding]:
    """A verb that tells someone to do something to a thing that reports are not about, and what that is joined to."""
    before = tokens[at - 1] if at else "."
    if before not in _CLAUSE_ENDS and before not in words.LEADS:
        return
    thing = ""
    for token in tokens[at + 1 : at + 1 + _FAR]:
        if token in _CLAUSE_ENDS or (token in words.ENDS and not (thing and token in words.JOINS)):
            break
        if (token in words.JOINS and thing) or _is_passed_over(token):
            continue
        if _is_ordinary(token):
            return
        if thing:
            yield Finding(at, Rule.JOINING, f"{thing} {token}")
            break
        thing = token
        yield Finding(at, rule, f"{verb} {thing}")
    if not thing:
        yield from _told_of_it(tokens, at, rule, verb, before)


def _told_of_it(tokens: Sequence[str], at: int, rule: Rule, verb: str, before: str) -> Iterator[Finding]:
    """A verb without a thing after it: what it is about stands before it, or was said already."""
    if before in words.BEFORE_INFINITIVES and tokens[at] == verb:
        yield Finding(at, rule, verb)
    elif rule is Rule.MAKING:
        yield Finding(at, Rule.HANDLING, verb)


def _is_passed_over(token: str) -> bool:
    return token in words.SKIPPED or token in words.AMOUNTS or token[0].isdigit()


def _measured(tokens: Sequence[str], at: int) -> Iterator[Finding]:
    """A ratio, or an amount of something that reports do not measure."""
    if _RATIO.fullmatch(tokens[at]):
        yield Finding(at, Rule.RATIO, tokens[at])
        return
    unit, after = _after(tokens, at, 1), _after(tokens, at, 2)
    if unit in words.AMOUNTS or unit in words.SHARES:
        thing = _after(tokens, at, 3) if after in words.OF else after if unit in words.AMOUNTS else "."
        if thing[0].isalpha() and thing not in words.SKIPPED and thing not in words.ENDS and not _is_ordinary(thing):
            yield Finding(at, Rule.AMOUNT, thing)


def _is_ordinary(word: str) -> bool:
    return word in words.ORDINARY or (word[-1] in "sx" and word[:-1] in words.ORDINARY)


class _Near:
    """The findings of the last words, and their points. The same words count once."""

    def __init__(self) -> None:
        self._found = deque[Finding]()
        self._said = Counter[tuple[Rule, str]]()
        self._of_rule = Counter[Rule]()

    def add(self, finding: Finding) -> bool:
        """Whether it says something that none of the others does."""
        while self._found and finding.at - self._found[0].at > WITHIN:
            self._count(self._found.popleft(), -1)
        self._found.append(finding)
        return self._count(finding, 1)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that gave points, where these are enough."""
        rules = [rule for rule, count in self._of_rule.items() if count]
        points = sum(min(POINTS[rule] * self._of_rule[rule], _MOST.get(rule, HELD_FROM)) for rule in rules)
        return tuple(sorted(rules)) if points >= HELD_FROM else ()

    def _count(self, finding: Finding, step: int) -> bool:
        said = (finding.rule, finding.said)
        was_said = self._said[said] > 0
        self._said[said] += step
        is_other = was_said is not (self._said[said] > 0)
        if is_other:
            self._of_rule[finding.rule] += step
        return is_other
