"""The slots of this process: for messages on their way to a receiver, and those that wait for a slot there."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from clearway_alerts.outbound.conduct import AT_ONCE, Conduct
from clearway_alerts.outbound.leases import Lease

# As many connections as one process should have open.
ALL_SLOTS: Final = 512
PER_MISSION: Final = ALL_SLOTS // 2
PER_HOST: Final = ALL_SLOTS // 8
# Of all endpoints together that are slow or fail.
FOR_SUSPECTS: Final = ALL_SLOTS // 8
# So many messages wait here for a slot of a mission, a host or the suspects; the others wait in the database.
LONGEST_LINE: Final = 64
# A statement can name no more subscriptions than this.
MOST_CROWDED: Final = 5_000

# What has a limit of its own.
Group: TypeAlias = tuple[str, UUID | str]
_ALL: Final[Group] = ("all", "")
_SUSPECTS: Final[Group] = ("suspects", "")


class Taken(StrEnum):
    """What became of a lease: REFUSED is one for which there is no slot and no place in line."""

    STARTED = "started"
    WAITS = "waits"
    REFUSED = "refused"


class Slots:
    """ALL_SLOTS slots, of which an endpoint, a host, a mission, and all endpoints that are slow or fail, have so many
    at most: whatever a receiver does, others have slots left. A message that finds none waits in line, and the rest of
    its lease runs.

    A slot is free as soon as the receiver has answered; the lease is kept until that is recorded.
    """

    def __init__(self) -> None:
        self._leases: dict[UUID, dict[UUID, Lease]] = {}
        self._conduct: dict[UUID, Conduct] = {}
        # By delivery, the groups in which its slot is counted.
        self._started: dict[UUID, tuple[Group, ...]] = {}
        self._sending: Counter[Group] = Counter()
        # Of each endpoint, those that have not been answered: they are on their way, or wait.
        self._open: Counter[UUID] = Counter()
        self._lines: dict[Group, deque[Lease]] = {}
        self._crowded: dict[Group, set[UUID]] = {}

    @property
    def room(self) -> int:
        """So many more may be taken in all."""
        return max(ALL_SLOTS - self._sending[_ALL] - len(self._lines.get(_ALL, ())), 0)

    @property
    def busy(self) -> list[UUID]:
        """The subscriptions of which it has a lease, and those for which there is no place in line."""
        return list({*self._leases, *(one for crowd in self._crowded.values() for one in crowd)})

    @property
    def is_crowded(self) -> bool:
        return sum(len(crowd) for crowd in self._crowded.values()) >= MOST_CROWDED

    @property
    def leases(self) -> list[Lease]:
        return [lease for leases in self._leases.values() for lease in leases.values()]

    def has_room(self, subscription_id: UUID) -> bool:
        at_once = AT_ONCE[self._conduct.get(subscription_id, Conduct.ANSWERS)]
        return self.room > 0 and self._open[subscription_id] < at_once

    def take(self, lease: Lease) -> Taken:
        """Keep the lease. One that waits for a slot is returned by `finish` of another."""
        self._leases.setdefault(lease.subscription_id, {})[lease.delivery_id] = lease
        full = self._full_group(lease)
        if full is None:
            self._start(lease)
        elif self._has_place(full):
            self._lines.setdefault(full, deque()).append(lease)
        else:
            self._crowded.setdefault(full, set()).add(lease.subscription_id)
            return Taken.REFUSED
        self._open[lease.subscription_id] += 1
        return Taken.WAITS if full else Taken.STARTED

    def finish(self, lease: Lease, conduct: Conduct | None = None) -> list[Lease]:
        """The receiver has answered, as `conduct` says, or the message was not sent. Returns those that may start."""
        if conduct is not None:
            self._conduct[lease.subscription_id] = conduct
        groups = self._started.pop(lease.delivery_id)
        for group in groups:
            self._sending[group] -= 1
            if not self._sending[group]:
                del self._sending[group]
        self._close(lease)
        return [following for group in groups for following in self._advance(group)]

    def relieved(self) -> bool:
        """Whether subscriptions for which there was no place in line may be leased again."""
        relieved = [group for group in self._crowded if len(self._lines.get(group, ())) <= LONGEST_LINE // 2]
        for group in relieved:
            del self._crowded[group]
        return bool(relieved)

    def release(self, lease: Lease) -> None:
        """Keep the lease no longer. It is finished, or was refused."""
        leases = self._leases[lease.subscription_id]
        del leases[lease.delivery_id]
        if not leases:
            del self._leases[lease.subscription_id]

    def clear(self) -> list[Lease]:
        """Those that wait for a slot: they are not kept any longer, and will not start."""
        waiting = [lease for line in self._lines.values() for lease in line]
        self._lines.clear()
        self._crowded.clear()
        for lease in waiting:
            self._close(lease)
            self.release(lease)
        return waiting

    def _groups(self, lease: Lease) -> Iterator[tuple[Group, int]]:
        """The groups of a lease, each with its limit, the smallest first."""
        unseen = Conduct.FAILS if lease.fails else Conduct.ANSWERS
        conduct = self._conduct.get(lease.subscription_id, unseen)
        yield ("endpoint", lease.subscription_id), AT_ONCE[conduct]
        if conduct.is_suspect:
            yield _SUSPECTS, FOR_SUSPECTS
        if lease.host:
            yield ("host", lease.host), PER_HOST
        yield ("mission", lease.mission), PER_MISSION
        yield _ALL, ALL_SLOTS

    def _full_group(self, lease: Lease) -> Group | None:
        return next((group for group, limit in self._groups(lease) if self._sending[group] >= limit), None)

    def _has_place(self, group: Group) -> bool:
        """An endpoint's line is as short as its leases are few, and `room` counts those that wait for any slot."""
        return group[0] == "endpoint" or group == _ALL or len(self._lines.get(group, ())) < LONGEST_LINE

    def _start(self, lease: Lease) -> None:
        groups = tuple(group for group, _ in self._groups(lease))
        self._started[lease.delivery_id] = groups
        self._sending.update(groups)

    def _close(self, lease: Lease) -> None:
        self._open[lease.subscription_id] -= 1
        if not self._open[lease.subscription_id]:
            del self._open[lease.subscription_id]

    def _advance(self, group: Group) -> Iterator[Lease]:
        """Start those at the head of a line that may; one that is kept by another limit waits in that line."""
        line = self._lines.get(group, deque())
        while line and (full := self._full_group(line[0])) != group:
            following = line.popleft()
            if full is None:
                self._start(following)
                yield following
            else:
                self._lines.setdefault(full, deque()).append(following)
        if not line:
            self._lines.pop(group, None)
