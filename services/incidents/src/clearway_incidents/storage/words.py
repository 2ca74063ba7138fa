"""The index of words: for each incident the words that it has or had, and from when until when.

`incident_text` says of which incident words are, and is kept apart by mission like every table. `incident_words` has
the words: on SQLite a table of FTS5, on PostgreSQL a `tsvector` with an index of type GIN. PostgreSQL uses no such
index on a table with row security (a search is not leakproof), so this table has none: each row has a term of its
mission, and what is found is a number, of which only `incident_text` says what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Text,
    bindparam,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from clearway_incidents.domain.words import Search, Words, words_of
from clearway_incidents.storage.tables import INCIDENT_TEXTS, INCIDENT_WORDS, INCIDENTS, REVISIONS, UNINDEXED
from clearway_platform.database.engines import Transaction, one_or_many

_OF_MISSION: Final = "\ue000"
_TEXTS: Final = INCIDENT_TEXTS.c
# As SQLite has it: the number of a row of FTS5 is its rowid.
_FTS: Final = table("incident_words", column("rowid"), column("words"))

_OF_INCIDENT: Final = (_TEXTS.mission == bindparam("in_mission"), _TEXTS.incident_id == bindparam("of"))
_CLOSE: Final = (
    update(INCIDENT_TEXTS).where(*_OF_INCIDENT, _TEXTS.until_at.is_(None)).values(until_at=bindparam("changed_at"))
)
_NUMBERS: Final = select(_TEXTS.doc).where(*_OF_INCIDENT)
_FORGET: Final = delete(INCIDENT_TEXTS).where(*_OF_INCIDENT)
# SQLite has one writer at a time, so nobody else takes the next numbers.
_LAST_NUMBER: Final = select(func.coalesce(func.max(_TEXTS.doc), 0))
_ADD_TEXTS: Final = insert(INCIDENT_TEXTS)
_ADD_WORDS: Final = insert(_FTS)
# To the row that this connection has just inserted: one statement less for the words of one report.
_ADD_LAST_WORDS: Final = insert(_FTS).values(rowid=func.last_insert_rowid(), words=bindparam("words"))
_GIVEN: Final = ("mission", "incident_id", "first_at", "until_at")
_new: Final = (
    insert(INCIDENT_TEXTS)
    .values({name: bindparam(name, type_=_TEXTS[name].type) for name in _GIVEN})
    .returning(_TEXTS.doc)
    .cte("new")
)
# Both rows in one way to the server.
_ADD_BOTH: Final = insert(INCIDENT_WORDS).from_select(
    ["doc", "words"], select(_new.c.doc, func.array_to_tsvector(bindparam("words", type_=ARRAY(Text))))
)
_UNINDEXED: Final = select(INCIDENTS.c.incident_id, INCIDENTS.c.revision).where(
    INCIDENTS.c.mission == bindparam("in_mission"), UNINDEXED
)
_INDEXED_TO: Final = (
    update(INCIDENTS)
    .where(
        INCIDENTS.c.mission == bindparam("in_mission"),
        INCIDENTS.c.incident_id == bindparam("of"),
        INCIDENTS.c.revision == bindparam("seen"),
    )
    .values(words_of=bindparam("seen"))
)
_STATES: Final = (
    select(REVISIONS.c.revision, REVISIONS.c.recorded_at, REVISIONS.c.state)
    .where(
        REVISIONS.c.mission == bindparam("in_mission"),
        REVISIONS.c.incident_id == bindparam("of"),
        REVISIONS.c.revision > bindparam("after"),
    )
    .order_by(REVISIONS.c.revision)
    .limit(20)
)


@dataclass(frozen=True, slots=True)
class Worded:
    """The words that an incident has from a moment on. `replaces`: whether it had others before."""

    mission: str
    incident_id: UUID
    at: datetime
    words: Words
    replaces: bool


async def keep_words(transaction: Transaction, changed: Sequence[Worded]) -> None:
    """Keep the words of these incidents, beside those that they had."""
    for one in changed:
        if one.replaces:
            named = {"in_mission": one.mission, "of": one.incident_id, "changed_at": one.at}
            await transaction.connection.execute(_CLOSE, named)
    await _add(transaction, [(one.mission, one.incident_id, one.at, None, one.words) for one in changed if one.words])


async def index_some(transaction: Transaction, mission: str, most: int) -> int:
    """Index up to so many of a mission's incidents that are not, every revision as it is stored now; how many there
    were. One that is at another revision by now is passed over."""
    found = (await transaction.connection.execute(_UNINDEXED.limit(most), {"in_mission": mission})).all()
    for row in found:
        await index_anew(transaction, mission, row.incident_id, row.revision)
    return len(found)


async def index_anew(transaction: Transaction, mission: str, incident_id: UUID, revision: int) -> None:
    """Index every revision of an incident as it is stored now, and forget what was indexed before; nothing where it is
    at another revision by now."""
    named = {"in_mission": mission, "of": incident_id}
    # First, so that on PostgreSQL the row is locked: no revision comes meanwhile.
    if (await transaction.connection.execute(_INDEXED_TO, named | {"seen": revision})).rowcount == 0:
        return
    await _forget(transaction, named)
    spans: list[tuple[datetime, Words]] = []
    after = 0
    while states := (await transaction.connection.execute(_STATES, named | {"after": after})).all():
        for row in states:
            words = _readable_words(row.state)
            if not spans or spans[-1][1] != words:
                spans.append((row.recorded_at, words))
        after = states[-1].revision
    ends = [start for start, _ in spans[1:]] + [None]
    rows = [
        (mission, incident_id, start, end, words)
        for (start, words), end in zip(spans, ends, strict=True)
        if words and start != end
    ]
    await _add(transaction, rows)


def _readable_words(state: Any) -> Words:
    """None of a state that cannot be read: it is in no list either."""
    try:
        return words_of(state)
    except (AttributeError, KeyError, TypeError, ValueError):
        return frozenset()


async def _forget(transaction: Transaction, named: dict[str, Any]) -> None:
    numbers = (await transaction.connection.execute(_NUMBERS, named)).scalars().all()
    if not numbers:
        return
    if transaction.connection.dialect.name == "sqlite":
        await transaction.connection.execute(delete(_FTS).where(_FTS.c.rowid.in_(numbers)))
    else:
        await transaction.connection.execute(delete(INCIDENT_WORDS).where(INCIDENT_WORDS.c.doc.in_(numbers)))
    await transaction.connection.execute(_FORGET, named)


async def _add(transaction: Transaction, texts: Iterable[tuple[str, UUID, datetime, datetime | None, Words]]) -> None:
    rows: list[dict[str, Any]] = [
        dict(zip(_GIVEN, (mission, *about), strict=True)) | {"words": sorted({*words, mission_term(mission)})}
        for mission, *about, words in texts
    ]
    if not rows:
        return
    connection = transaction.connection
    if connection.dialect.name != "sqlite":
        await connection.execute(_ADD_BOTH, one_or_many(rows))
        return
    if len(rows) == 1:
        [row] = rows
        await connection.execute(_ADD_TEXTS, {name: row[name] for name in _GIVEN})
        await connection.execute(_ADD_LAST_WORDS, {"words": " ".join(row["words"])})
        return
    last = (await connection.execute(_LAST_NUMBER)).scalar_one()
    numbered = list(zip(count(last + 1), rows, strict=False))
    added = [{"doc": number} | {name: row[name] for name in _GIVEN} for number, row in numbered]
    await connection.execute(_ADD_TEXTS, one_or_many(added))
    words = [{"rowid": number, "words": " ".join(row["words"])} for number, row in numbered]
    await connection.execute(_ADD_WORDS, one_or_many(words))


def found_by(search: Search, mission: str, as_of: datetime | None) -> Any:
    """The ids of a mission's incidents that have, or had at a time, what is searched for."""
    then: list[ColumnElement[bool]] = [_TEXTS.until_at.is_(None)]
    if as_of is not None:
        then = [_TEXTS.first_at <= as_of, or_(*then, _TEXTS.until_at > as_of)]
    return select(_TEXTS.incident_id).where(_TEXTS.mission == mission, *then, _has(search, mission))


class HasWords(FunctionElement[bool]):
    """Whether the words of a number are those that are searched for. Its arguments: the number, and the search as FTS5
    and as PostgreSQL writes it."""

    inherit_cache = True
    type = Boolean()


@compiles(HasWords, "sqlite")
def _has_on_sqlite(element: HasWords, compiler: SQLCompiler, **options: Any) -> str:
    number, search = (compiler.process(part, **options) for part in list(element.clauses)[:2])
    return f"({number} IN (SELECT rowid FROM incident_words WHERE incident_words MATCH {search}))"


@compiles(HasWords)
def _has_on_postgresql(element: HasWords, compiler: SQLCompiler, **options: Any) -> str:
    number, search = (compiler.process(part, **options) for part in list(element.clauses)[::2])
    return f"({number} IN (SELECT doc FROM incident_words WHERE words @@ CAST({search} AS tsquery)))"


def _has(search: Search, mission: str) -> ColumnElement[bool]:
    terms = (mission_term(mission), *search.terms)
    # Words are letters and digits alone, so neither form has anything to escape.
    fts = [f'"{term}"' for term in terms]
    tsquery = [f"'{term}'" for term in terms]
    if search.beginning is not None:
        fts.append(f'"{search.beginning}" *')
        tsquery.append(f"'{search.beginning}':*")
    return HasWords(_TEXTS.doc, bindparam(None, " AND ".join(fts), Text), bindparam(None, " & ".join(tsquery), Text))


def mission_term(mission: str) -> str:
    """A term that every text of the mission has, and none of another one."""
    return f"{_OF_MISSION}{mission.encode().hex()}"
