"""What a statement says of the chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearway_platform.audit.links import ChainSource, Head
from clearway_platform.checkpoints.statement import MARK, MOST_MARKS, Adopted, ChainState, Statement
from clearway_platform.database.engines import Database


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of one database."""

    source: ChainSource
    database: Database


async def states_of(
    chains: Sequence[Chains], before: Statement | None, adopted: Sequence[Adopted] = ()
) -> tuple[ChainState, ...]:
    """Each chain as it is now, with marks of the records since the statement `before`, or since where it is adopted."""
    known = {(one.chain, one.mission): one for one in before.chains} if before is not None else {}
    firsts = {(one.chain, one.mission): one.first for one in adopted}
    found = []
    for part in chains:
        for mission, head in sorted((await part.source.heads(part.database)).items()):
            key = (part.source.name, mission)
            first = min(known[key].count + 1 if key in known else 1, firsts.get(key, head.sequence + 1))
            found.append(await _state(part, mission, head, first))
    return tuple(found)


async def broken_since(
    chains: Sequence[Chains], before: Statement, now: Sequence[ChainState]
) -> Mapping[tuple[str, str], int]:
    """The chains whose end at the statement `before` is not in them any more, by chain and mission, with its number."""
    parts = {part.source.name: part for part in chains}
    counts = {(state.chain, state.mission): state.count for state in now}
    found = {}
    for state in before.chains:
        part = parts.get(state.chain)
        if part is None or state.count == 0:
            continue
        own = await part.source.hashes(part.database, state.mission, state.count, state.count, 1)
        if list(own) != [state.head] or counts.get((state.chain, state.mission), 0) < state.count:
            found[state.chain, state.mission] = state.count
    return found


async def _state(part: Chains, mission: str, head: Head, first: int) -> ChainState:
    records = max(0, head.sequence - first + 1)
    every = max(1, -(-records // MOST_MARKS))
    hashes = await part.source.hashes(part.database, mission, first, head.sequence, every) if records else []
    marks = tuple(one[:MARK] for one in hashes)
    return ChainState(
        chain=part.source.name,
        mission=mission,
        count=head.sequence,
        head=head.hash,
        first=first,
        every=every,
        marks=marks,
    )
