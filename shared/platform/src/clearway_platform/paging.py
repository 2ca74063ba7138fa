"""Parts of a list, bounded in bytes as well as in number: what is read is what will be sent, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

# Characters of the heavy column; a page ends with the item that passes it, so every page has one item at least.
PAGE_SIZE: Final = 500_000


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a list in its order, and whether others follow."""

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
    """Up to `limit` rows of `query`, fewer when they are large. `by` names its columns that give the order, `heavy`
    the one that holds a document; both may be a column's label. `share` of the usual size is for what is checked
    again, position by position, before it is sent."""
    columns = query.selected_columns
    order = [columns[name].desc() if newest_first else columns[name] for name in by]
    some = query.order_by(*order).limit(limit + 1).subquery()
    following = [some.c[name].desc() if newest_first else some.c[name] for name in by]
    size = func.length(cast(some.c[heavy], Text))
    sums = select(
        some,
        (func.sum(size).over(order_by=following) - size).label("size_before"),
        func.count().over().label("rows_found"),
    ).subquery()
    shown = [column for column in sums.c if column.key != "size_before"]
    ordered = [sums.c[name].desc() if newest_first else sums.c[name] for name in by]
    rows = (
        await connection.execute(select(*shown).where(sums.c.size_before < PAGE_SIZE * share).order_by(*ordered))
    ).all()
    kept = rows[:limit]
    return Part(kept, is_last=not rows or len(kept) == rows[0].rows_found)
