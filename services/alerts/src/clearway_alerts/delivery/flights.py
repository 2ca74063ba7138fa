"""What this process holds leases of: messages on their way to a receiver, and those that wait for a place there."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final
from uuid import UUID

from clearway_alerts.delivery.queue import PER_ENDPOINT, Claim

IN_FLIGHT: Final = 512


class Flights:
    """Keeps PER_ENDPOINT places for each endpoint. Who finds none waits in line, and the rest of its lease runs.

    A place is free as soon as the receiver has answered; the delivery is held until that is recorded.
    """

    def __init__(self) -> None:
        self._held: dict[UUID, dict[UUID, Claim]] = {}
        self._aloft: Counter[UUID] = Counter()
        self._lines: dict[UUID, deque[Claim]] = {}

    @property
    def room(self) -> int:
        """So many more may be taken in all."""
        return max(IN_FLIGHT - self._aloft.total(), 0)

    @property
    def busy(self) -> list[UUID]:
        """The endpoints of which anything is held."""
        return list(self._held)

    @property
    def held(self) -> list[Claim]:
        return [each for claims in self._held.values() for each in claims.values()]

    def has_room(self, subscription_id: UUID) -> bool:
        return self.room > 0 and self._aloft[subscription_id] < PER_ENDPOINT

    def take(self, claim: Claim) -> bool:
        """Hold it; False when it must wait for a place: the landing of another gives it back then."""
        self._held.setdefault(claim.subscription_id, {})[claim.delivery_id] = claim
        self._aloft[claim.subscription_id] += 1
        if self._aloft[claim.subscription_id] <= PER_ENDPOINT:
            return True
        self._lines.setdefault(claim.subscription_id, deque()).append(claim)
        return False

    def land(self, claim: Claim) -> Claim | None:
        """Its receiver has answered, or it was not sent: gives the one that may start in its place."""
        self._aloft[claim.subscription_id] -= 1
        if not self._aloft[claim.subscription_id]:
            del self._aloft[claim.subscription_id]
        return self._next_in_line(claim.subscription_id)

    def release(self, claim: Claim) -> None:
        """Hold it no longer. It has landed."""
        held = self._held[claim.subscription_id]
        del held[claim.delivery_id]
        if not held:
            del self._held[claim.subscription_id]

    def ground(self) -> list[Claim]:
        """Those who wait in line: they are not held any longer, and will not start."""
        waiting = [each for line in self._lines.values() for each in line]
        self._lines.clear()
        for each in waiting:
            self.land(each)
            self.release(each)
        return waiting

    def _next_in_line(self, subscription_id: UUID) -> Claim | None:
        line = self._lines.get(subscription_id)
        if line is None:
            return None
        following = line.popleft()
        if not line:
            del self._lines[subscription_id]
        return following
