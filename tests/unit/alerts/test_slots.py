"""The slots of each endpoint: which message starts, which waits in line, and what is left at the end."""

from datetime import UTC, datetime
from uuid import UUID

from clearway_alerts.outbound.leases import PER_ENDPOINT, Lease
from clearway_alerts.outbound.slots import ALL_SLOTS, Slots
from clearway_alerts.policy.facts import Message

ONE, OTHER = UUID(int=1), UUID(int=2)


def lease_of(number: int, endpoint: UUID = ONE) -> Lease:
    until = datetime(2026, 3, 1, tzinfo=UTC)
    message = Message(UUID(int=number), endpoint, until, attempts=0)
    return Lease(message, 1, until, "webhook", None, b"")


def test_an_endpoint_has_few_slots_and_the_others_wait_in_line() -> None:
    slots = Slots()
    leases = [lease_of(number) for number in range(PER_ENDPOINT + 2)]
    assert [slots.take(lease) for lease in leases] == [True] * PER_ENDPOINT + [False] * 2
    assert not slots.has_room(ONE)
    assert slots.take(lease_of(99, OTHER)), "a full endpoint is in nobody's way"
    assert slots.finish(leases[0]) is leases[PER_ENDPOINT]
    assert slots.finish(leases[1]) is leases[PER_ENDPOINT + 1]
    assert slots.finish(leases[2]) is None
    assert slots.has_room(ONE)
    assert set(slots.busy) == {ONE, OTHER}


def test_a_slot_is_free_when_the_receiver_has_answered_and_its_lease_kept_until_that_is_recorded() -> None:
    slots = Slots()
    slots.take(lease_of(1))
    assert slots.finish(lease_of(1)) is None
    assert slots.room == ALL_SLOTS
    assert slots.busy == [ONE]
    slots.release(lease_of(1))
    assert slots.busy == []


def test_cleared_are_those_that_never_started() -> None:
    slots = Slots()
    leases = [lease_of(number) for number in range(PER_ENDPOINT + 2)]
    for lease in leases:
        slots.take(lease)
    assert slots.clear() == leases[PER_ENDPOINT:]
    assert slots.leases == leases[:PER_ENDPOINT]
    assert [slots.finish(lease) for lease in leases[:PER_ENDPOINT]] == [None] * PER_ENDPOINT
    for lease in leases[:PER_ENDPOINT]:
        slots.release(lease)
    assert slots.busy == []
    assert slots.room == ALL_SLOTS


def test_a_process_has_only_so_many_slots_for_all_endpoints() -> None:
    slots = Slots()
    leases = [lease_of(number, UUID(int=number)) for number in range(ALL_SLOTS + 2)]
    assert [slots.take(lease) for lease in leases] == [True] * ALL_SLOTS + [False] * 2
    assert slots.room == 0
    assert not slots.has_room(UUID(int=ALL_SLOTS + 9))
    assert slots.finish(leases[0]) is leases[ALL_SLOTS]
    assert slots.finish(leases[1]) is leases[ALL_SLOTS + 1]
    assert slots.room == 0
    assert slots.finish(leases[2]) is None
    assert slots.room == 1


def test_a_free_slot_of_the_process_goes_to_an_endpoint_that_has_one_too() -> None:
    slots = Slots()
    others = [lease_of(number, UUID(int=number)) for number in range(100, 100 + ALL_SLOTS - PER_ENDPOINT)]
    own = [lease_of(number) for number in range(PER_ENDPOINT)]
    for lease in [*others, *own[:-1]]:
        slots.take(lease)
    slots.take(own[-1])
    waiting = [lease_of(50, OTHER), lease_of(51, OTHER)]
    assert [slots.take(lease) for lease in waiting] == [False] * 2
    more = lease_of(52)
    assert not slots.take(more), "it waits for a slot of its own endpoint"
    assert slots.finish(others[0]) is waiting[0]
    assert slots.finish(own[0]) is more
    assert slots.finish(others[1]) is waiting[1]
    assert slots.clear() == []
