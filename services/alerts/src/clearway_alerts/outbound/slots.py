"""What this process holds leases of: messages on their way to a receiver, and those that wait for a place there."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final
from uuid import UUID

from clearway_alerts.outbound.leases import PER_ENDPOINT, Claim

IN_FLIGHT: Final = 512


class Flights:
    """Keeps PER_ENDPOINT places for each endpoint, and IN_FLIGHT in all, which is as many connections as a process may
    well have open. Who finds none waits in line, and the rest of its lease runs.

    A place is free as soon as the receiver has answered; the delivery is held until that is recorded.
    """

    def __init__(self) -> None:
        self._held: dict[UUID, dict[UUID, Claim]] = {}
        self._aloft: Counter[UUID] = Counter()
        self._total = 0
        # Those who wait for a place of their endpoint, and those who wait for any.
        self._lines: dict[UUID, deque[Claim]] = {}
        self._standby: deque[Claim] = deque()

    @property
    def room(self) -> int:
        """So many more may be taken in all."""
        return max(IN_FLIGHT - self._total - len(self._standby), 0)

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
        if self._aloft[claim.subscription_id] >= PER_ENDPOINT:
            self._lines.setdefault(claim.subscription_id, deque()).append(claim)
            return False
        if self._total >= IN_FLIGHT:
            self._standby.append(claim)
            return False
        self._take_off(claim)
        return True

    def land(self, claim: Claim) -> Claim | None:
        """Its receiver has answered, or it was not sent: gives the one that may start in its place."""
        self._aloft[claim.subscription_id] -= 1
        self._total -= 1
        if not self._aloft[claim.subscription_id]:
            del self._aloft[claim.subscription_id]
        following = self._next_in_line(claim.subscription_id) or self._next_of_all()
        if following is not None:
            self._take_off(following)
        return following

    def release(self, claim: Claim) -> None:
        """Hold it no longer. It has landed."""
        held = self._held[claim.subscription_id]
        del held[claim.delivery_id]
        if not held:
            del self._held[claim.subscription_id]

    def ground(self) -> list[Claim]:
        """Those who wait for a place: they are not held any longer, and will not start."""
        waiting = [*(each for line in self._lines.values() for each in line), *self._standby]
        self._lines.clear()
        self._standby.clear()
        for each in waiting:
            self.release(each)
        return waiting

    def _take_off(self, claim: Claim) -> None:
        self._aloft[claim.subscription_id] += 1
        self._total += 1

    def _next_in_line(self, subscription_id: UUID) -> Claim | None:
        line = self._lines.get(subscription_id)
        if line is None:
            return None
        following = line.popleft()
        if not line:
            del self._lines[subscription_id]
        return following

    def _next_of_all(self) -> Claim | None:
        """Whoever has waited longest and whose endpoint has a place; the others go on waiting for one of their own."""
        while self._standby:
            following = self._standby.popleft()
            if self._aloft[following.subscription_id] < PER_ENDPOINT:
                return following
            self._lines.setdefault(following.subscription_id, deque()).append(following)
        return None
