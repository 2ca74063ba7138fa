"""What the signed checkpoints say of each chain: by which hashes its records are known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clearway_platform.checkpoints.statement import MARK, ChainState, Statement


@dataclass(slots=True)
class Witness:
    """One chain. `marks`: the beginnings of the hashes of records by number. `ends`: the number of records at each
    checkpoint, with the checkpoint's number. From the record `adopted` on, up to `adopted_until`, a person has accepted
    the chain as it is."""

    marks: dict[int, str] = field(default_factory=dict)
    ends: list[tuple[int, int]] = field(default_factory=list)
    adopted: int | None = None
    adopted_until: int = 0

    @property
    def count(self) -> int:
        """The records that there must be."""
        return max((count for count, _checkpoint in self.ends), default=0)

    def add(self, state: ChainState, checkpoint: int) -> None:
        """What was said of a record first holds: a chain that was cut off and grew again has other records."""
        for index, mark in enumerate(state.marks):
            self.marks.setdefault(state.first + index * state.every, mark)
        if state.head is not None:
            self.marks.setdefault(state.count, state.head[:MARK])
        if not self.ends or state.count > self.ends[-1][0]:
            self.ends.append((state.count, checkpoint))

    def adopt(self, first: int, until: int) -> None:
        """Forget what is said of the records from `first` on."""
        self.marks = {number: mark for number, mark in self.marks.items() if number < first}
        self.ends = [end for end in self.ends if end[0] < first]
        self.adopted = first if self.adopted is None else min(first, self.adopted)
        self.adopted_until = max(until, self.adopted_until)

    def accepts(self, number: int) -> bool:
        """Whether a person has accepted the record as it is: it must stay so."""
        return self.adopted is not None and self.adopted <= number <= self.adopted_until

    def accepts_gap(self, number: int) -> bool:
        """Whether the record was missing already when a person accepted the chain."""
        return self.accepts(number) and number not in self.marks

    def between(self, number: int) -> str:
        """Between which checkpoints a record was written."""
        place = bisect_left(self.ends, (number, 0))
        before = self.ends[place - 1][1] if place else None
        after = self.ends[place][1] if place < len(self.ends) else None
        if before is None and after is None:
            return "no checkpoint contains it"
        if after is None:
            return f"after checkpoint {before}"
        return f"before checkpoint {after}" if before is None else f"between checkpoints {before} and {after}"


def witnesses(statements: Iterable[Statement]) -> Mapping[tuple[str, str], Witness]:
    """By chain and mission, from statements in the order of their numbers."""
    found: dict[tuple[str, str], Witness] = {}
    for statement in statements:
        adopted = {(one.chain, one.mission): one for one in statement.adopted}
        for state in statement.chains:
            key = (state.chain, state.mission)
            witness = found.setdefault(key, Witness())
            if key in adopted:
                witness.adopt(adopted[key].first, adopted[key].until)
            witness.add(state, statement.sequence)
    return found
