"""Pages of a list, limited in size as well as in number: only the rows that are sent are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, LargeBinary, Row, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_platform.heavy import of_each

# Characters of the heavy column. A page ends with the item that reaches this size, so it has at least one item.
PAGE_SIZE: Final = 500_000


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a page in order, and whether it is the last."""

    rows: Sequence[Row[Any]]
    is_last: bool


async def part_of(
    connection: AsyncConnection,
    query: Select[Any],
    by: Sequence[str],
    *,
    heavy: str,
    limit: int,
    newest_first: bool,
    share: float = 1.0,
) -> Part:
    """Up to `limit` rows of `query`, fewer when they are large.

    `by`: the columns that give the order; `heavy`: the column that contains a document, or bytes; both may be labels.
    `share` of the usual size is for documents that are validated again before they are sent.
    """
    columns = query.selected_columns
    order = [columns[name].desc() if newest_first else columns[name] for name in by]
    some = query.order_by(*order).limit(limit + 1).subquery()
    following = [some.c[name].desc() if newest_first else some.c[name] for name in by]
    size = _size_of(some.c[heavy])
    sums = select(
        some,
        (func.sum(size).over(order_by=following) - size).label("size_before"),
        func.count().over().label("rows_found"),
    ).subquery()
    shown = [column for column in sums.c if column.key != "size_before"]
    ordered = [sums.c[name].desc() if newest_first else sums.c[name] for name in by]
    found = await connection.execute(select(*shown).where(sums.c.size_before < PAGE_SIZE * share).order_by(*ordered))
    # A row's document is parsed when the row is taken.
    rows = await of_each(_itself, found)
    kept = rows[:limit]
    return Part(kept, is_last=not rows or len(kept) == rows[0].rows_found)


def _size_of(column: ColumnElement[Any]) -> ColumnElement[int]:
    """Of bytes their number, which neither database reads them for; of a document the characters of its text."""
    size = func.length(column if isinstance(column.type, LargeBinary) else cast(column, Text))
    return func.coalesce(size, 0)


def _itself(row: Row[Any]) -> Row[Any]:
    return row
