"""Consumer groups: the assignment of partitions to members, and its change when members join or leave."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from clearway_platform.log.base import TopicPartition


class Member(Protocol):
    @property
    def topics(self) -> frozenset[str]: ...

    async def revoke(self) -> None:
        """Finish work in flight and give up every partition."""
        ...

    async def assign(self, partitions: frozenset[TopicPartition]) -> None: ...


class Group:
    """The members of one group. As with Kafka's eager protocol, every member stops before any gets a new partition."""

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._partitions: dict[str, Sequence[TopicPartition]] = {}
        self._rebalancing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, member: Member, partitions: Mapping[str, Sequence[TopicPartition]]) -> None:
        """Become a member, and return with partitions assigned."""
        self._members.append(member)
        self._partitions.update(partitions)
        await asyncio.shield(self._rebalance_soon())

    def leave(self, member: Member) -> None:
        """Stop being a member. The caller does not wait for the others, which may be busy, to take its partitions."""
        if member in self._members:
            self._members.remove(member)
            self._rebalance_soon()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _rebalance_soon(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self._rebalance())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _rebalance(self) -> None:
        async with self._rebalancing:
            members = tuple(self._members)
            await asyncio.gather(*(member.revoke() for member in members))
            shares = share(members, self._partitions)
            await asyncio.gather(*(member.assign(partitions) for member, partitions in shares.items()))


def share(
    members: Sequence[Member], partitions: Mapping[str, Sequence[TopicPartition]]
) -> dict[Member, frozenset[TopicPartition]]:
    """Assign each topic's partitions, in turn, to the members that read the topic."""
    shares: dict[Member, set[TopicPartition]] = {member: set() for member in members}
    for topic, of_topic in partitions.items():
        readers = [member for member in members if topic in member.topics]
        for turn, partition in enumerate(of_topic):
            if readers:
                shares[readers[turn % len(readers)]].add(partition)
    return {member: frozenset(assigned) for member, assigned in shares.items()}
