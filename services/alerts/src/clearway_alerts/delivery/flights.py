"""What this process holds leases of: messages on their way to a receiver, and those that wait for a place there."""

from __future__ import annotations

from collections import deque
from typing import Final
from uuid import UUID

from clearway_alerts.delivery.queue import PER_ENDPOINT, Claim

IN_FLIGHT: Final = 512


class Flights:
    """Keeps PER_ENDPOINT places for each endpoint. Who finds none waits in line, and the rest of its lease runs."""

    def __init__(self) -> None:
        self._held: dict[UUID, dict[UUID, Claim]] = {}
        self._lines: dict[UUID, deque[Claim]] = {}
        self._total = 0

    @property
    def room(self) -> int:
        """So many more may be taken in all."""
        return max(IN_FLIGHT - self._total, 0)

    @property
    def busy(self) -> list[UUID]:
        """The endpoints of which anything is held."""
        return list(self._held)

    @property
    def held(self) -> list[Claim]:
        return [each for claims in self._held.values() for each in claims.values()]

    def has_room(self, subscription_id: UUID) -> bool:
        return self._total < IN_FLIGHT and len(self._held.get(subscription_id, ())) < PER_ENDPOINT

    def take(self, claim: Claim) -> bool:
        """Hold it; False when it must wait for a place: `release` of another gives it back then."""
        held = self._held.setdefault(claim.subscription_id, {})
        held[claim.delivery_id] = claim
        self._total += 1
        if len(held) <= PER_ENDPOINT:
            return True
        self._lines.setdefault(claim.subscription_id, deque()).append(claim)
        return False

    def release(self, claim: Claim) -> Claim | None:
        """Hold it no longer; gives the one that may start in its place."""
        held = self._held[claim.subscription_id]
        del held[claim.delivery_id]
        self._total -= 1
        if not held:
            del self._held[claim.subscription_id]
        return self._next_in_line(claim.subscription_id)

    def _next_in_line(self, subscription_id: UUID) -> Claim | None:
        line = self._lines.get(subscription_id)
        if line is None:
            return None
        following = line.popleft()
        if not line:
            del self._lines[subscription_id]
        return following

    def ground(self) -> list[Claim]:
        """Those who wait in line: they are not held any longer, and will not start."""
        waiting = [each for line in self._lines.values() for each in line]
        self._lines.clear()
        for each in waiting:
            self.release(each)
        return waiting
