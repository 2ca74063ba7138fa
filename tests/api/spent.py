"""Shares that are used up, as the platform of the tests sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from clearway_platform.limiting.counters import Counters
from clearway_platform.limiting.stored import StoredBytes

MORE_THAN_ANY = 10**15


@contextmanager
def used_up() -> Iterator[None]:
    """Everyone has sent more than any share, and has more on record than any mission may."""

    async def counted(_self: Counters, _key: str, _expiry: int, amount: int = 1) -> int:
        return MORE_THAN_ANY * amount

    with (
        patch.object(Counters, "incr", counted),
        patch.object(StoredBytes, "of", lambda _self, _mission: MORE_THAN_ANY),
    ):
        yield
