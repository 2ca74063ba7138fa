"""The slots of this process: for messages on their way to a receiver, and those that wait for a slot there."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final
from uuid import UUID

from clearway_alerts.outbound.leases import PER_ENDPOINT, Lease

ALL_SLOTS: Final = 512


class Slots:
    """PER_ENDPOINT slots for each endpoint, and ALL_SLOTS in all, which is as many connections as one process
    should have open. A message that finds none waits in line, and the rest of its lease runs.

    A slot is free as soon as the receiver has answered; the lease is kept until that is recorded.
    """

    def __init__(self) -> None:
        self._leases: dict[UUID, dict[UUID, Lease]] = {}
        self._sending: Counter[UUID] = Counter()
        self._total = 0
        # Those that wait for a slot of their endpoint, and those that wait for any.
        self._lines: dict[UUID, deque[Lease]] = {}
        self._waiting: deque[Lease] = deque()

    @property
    def room(self) -> int:
        """So many more may be taken in all."""
        return max(ALL_SLOTS - self._total - len(self._waiting), 0)

    @property
    def busy(self) -> list[UUID]:
        """The subscriptions of which it has a lease."""
        return list(self._leases)

    @property
    def leases(self) -> list[Lease]:
        return [lease for leases in self._leases.values() for lease in leases.values()]

    def has_room(self, subscription_id: UUID) -> bool:
        return self.room > 0 and self._sending[subscription_id] < PER_ENDPOINT

    def take(self, lease: Lease) -> bool:
        """Keep the lease; False when it must wait for a slot: `finish` of another returns it then."""
        self._leases.setdefault(lease.subscription_id, {})[lease.delivery_id] = lease
        if self._sending[lease.subscription_id] >= PER_ENDPOINT:
            self._lines.setdefault(lease.subscription_id, deque()).append(lease)
            return False
        if self._total >= ALL_SLOTS:
            self._waiting.append(lease)
            return False
        self._start(lease)
        return True

    def finish(self, lease: Lease) -> Lease | None:
        """The receiver has answered, or the message was not sent. Returns the one that may start in its slot."""
        self._sending[lease.subscription_id] -= 1
        self._total -= 1
        if not self._sending[lease.subscription_id]:
            del self._sending[lease.subscription_id]
        following = self._next_in_line(lease.subscription_id) or self._next_of_all()
        if following is not None:
            self._start(following)
        return following

    def release(self, lease: Lease) -> None:
        """Keep the lease no longer. It is finished."""
        leases = self._leases[lease.subscription_id]
        del leases[lease.delivery_id]
        if not leases:
            del self._leases[lease.subscription_id]

    def clear(self) -> list[Lease]:
        """Those that wait for a slot: they are not kept any longer, and will not start."""
        waiting = [*(lease for line in self._lines.values() for lease in line), *self._waiting]
        self._lines.clear()
        self._waiting.clear()
        for lease in waiting:
            self.release(lease)
        return waiting

    def _start(self, lease: Lease) -> None:
        self._sending[lease.subscription_id] += 1
        self._total += 1

    def _next_in_line(self, subscription_id: UUID) -> Lease | None:
        line = self._lines.get(subscription_id)
        if line is None:
            return None
        following = line.popleft()
        if not line:
            del self._lines[subscription_id]
        return following

    def _next_of_all(self) -> Lease | None:
        """The one that has waited longest and whose endpoint has a slot. The others wait for one of their endpoint."""
        while self._waiting:
            following = self._waiting.popleft()
            if self._sending[following.subscription_id] < PER_ENDPOINT:
                return following
            self._lines.setdefault(following.subscription_id, deque()).append(following)
        return None
