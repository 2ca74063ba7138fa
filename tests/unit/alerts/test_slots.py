"""The slots of each endpoint: which message starts, which waits in line, and what is left at the end."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from clearway_alerts.outbound.conduct import PER_ENDPOINT, Conduct
from clearway_alerts.outbound.leases import Lease
from clearway_alerts.outbound.slots import (
    ALL_SLOTS,
    FOR_SUSPECTS,
    LONGEST_LINE,
    PER_HOST,
    PER_MISSION,
    Slots,
    Taken,
)
from clearway_alerts.policy.facts import Message

ONE, OTHER = UUID(int=1), UUID(int=2)


STARTED, WAITS, REFUSED = Taken


def lease_of(
    number: int, endpoint: UUID = ONE, mission: str | None = None, host: str | None = None, *, fails: bool = False
) -> Lease:
    """By default of a mission and a host of its own."""
    until = datetime(2026, 3, 1, tzinfo=UTC)
    message = Message(UUID(int=number), endpoint, until, attempts=0)
    return Lease(
        message, 1, until, "webhook", None, b"", mission or f"mission-{number}", host or f"host-{number}", fails
    )


def endpoints(count: int, mission: str | None = None, host: str | None = None, *, fails: bool = False) -> list[Lease]:
    """One lease of each of so many endpoints."""
    return [lease_of(number, UUID(int=number), mission, host, fails=fails) for number in range(1000, 1000 + count)]


def test_an_endpoint_has_few_slots_and_the_others_wait_in_line() -> None:
    slots = Slots()
    leases = [lease_of(number) for number in range(PER_ENDPOINT + 2)]
    assert [slots.take(lease) for lease in leases] == [STARTED] * PER_ENDPOINT + [WAITS] * 2
    assert not slots.has_room(ONE)
    assert slots.take(lease_of(99, OTHER)) is STARTED, "a full endpoint is in nobody's way"
    assert slots.finish(leases[0]) == [leases[PER_ENDPOINT]]
    assert slots.finish(leases[1]) == [leases[PER_ENDPOINT + 1]]
    assert slots.finish(leases[2]) == []
    assert slots.has_room(ONE)
    assert set(slots.busy) == {ONE, OTHER}


def test_a_slot_is_free_when_the_receiver_has_answered_and_its_lease_kept_until_that_is_recorded() -> None:
    slots = Slots()
    slots.take(lease_of(1))
    assert slots.finish(lease_of(1)) == []
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
    assert [slots.finish(lease) for lease in leases[:PER_ENDPOINT]] == [[]] * PER_ENDPOINT
    for lease in leases[:PER_ENDPOINT]:
        slots.release(lease)
    assert slots.busy == []
    assert slots.room == ALL_SLOTS


def test_a_process_has_only_so_many_slots_for_all_endpoints() -> None:
    slots = Slots()
    leases = [lease_of(number, UUID(int=number)) for number in range(ALL_SLOTS + 2)]
    assert [slots.take(lease) for lease in leases] == [STARTED] * ALL_SLOTS + [WAITS] * 2
    assert slots.room == 0
    assert not slots.has_room(UUID(int=ALL_SLOTS + 9))
    assert slots.finish(leases[0]) == [leases[ALL_SLOTS]]
    assert slots.finish(leases[1]) == [leases[ALL_SLOTS + 1]]
    assert slots.room == 0
    assert slots.finish(leases[2]) == []
    assert slots.room == 1


def test_a_free_slot_of_the_process_goes_to_an_endpoint_that_has_one_too() -> None:
    slots = Slots()
    others = [lease_of(number, UUID(int=number)) for number in range(100, 100 + ALL_SLOTS - PER_ENDPOINT)]
    own = [lease_of(number) for number in range(PER_ENDPOINT)]
    for lease in [*others, *own[:-1]]:
        slots.take(lease)
    slots.take(own[-1])
    waiting = [lease_of(50, OTHER), lease_of(51, OTHER)]
    assert [slots.take(lease) for lease in waiting] == [WAITS] * 2
    more = lease_of(52)
    assert slots.take(more) is WAITS, "it waits for a slot of its own endpoint"
    assert slots.finish(others[0]) == [waiting[0]]
    assert slots.finish(own[0]) == [more]
    assert slots.finish(others[1]) == [waiting[1]]
    assert slots.clear() == []


@pytest.mark.parametrize(
    ("leases", "limit"),
    [
        (endpoints(ALL_SLOTS, mission="one"), PER_MISSION),
        (endpoints(ALL_SLOTS, host="one.example"), PER_HOST),
        (endpoints(ALL_SLOTS, fails=True), FOR_SUSPECTS),
    ],
    ids=["mission", "host", "suspects"],
)
def test_whatever_many_endpoints_share_others_have_slots_left(leases: list[Lease], limit: int) -> None:
    slots = Slots()
    taken = [slots.take(lease) for lease in leases]
    refused = ALL_SLOTS - limit - LONGEST_LINE
    assert taken == [STARTED] * limit + [WAITS] * LONGEST_LINE + [REFUSED] * refused
    assert slots.room == ALL_SLOTS - limit
    assert [slots.take(lease_of(number, OTHER)) for number in range(PER_ENDPOINT)] == [STARTED] * PER_ENDPOINT


def test_what_finds_no_place_in_line_is_not_leased_until_half_of_the_line_is_gone() -> None:
    slots = Slots()
    leases = endpoints(PER_MISSION + LONGEST_LINE + 1, mission="one")
    for lease in leases:
        slots.take(lease)
    refused = leases[-1]
    slots.release(refused)
    assert refused.subscription_id in slots.busy
    for lease in leases[: LONGEST_LINE // 2 - 1]:
        slots.finish(lease)
        assert not slots.relieved()
    slots.finish(leases[LONGEST_LINE])
    assert slots.relieved()
    assert refused.subscription_id not in slots.busy


def test_an_endpoint_that_fails_is_tried_with_one_message_and_has_all_its_slots_when_it_answers() -> None:
    slots = Slots()
    first, *others = [lease_of(number, mission="one", host="one", fails=True) for number in range(PER_ENDPOINT)]
    assert slots.take(first) is STARTED
    assert [slots.take(lease) for lease in others] == [WAITS] * len(others)
    assert slots.finish(first, Conduct.FAILS) == others[:1]
    assert slots.finish(others[0], Conduct.ANSWERS) == others[1:]


def test_an_endpoint_that_is_slow_keeps_its_own_slots_among_those_of_the_suspects() -> None:
    slots = Slots()
    slots.take(lease_of(1))
    slots.finish(lease_of(1), Conduct.SLOW)
    for lease in endpoints(FOR_SUSPECTS - 2, fails=True):
        slots.take(lease)
    assert [slots.take(lease_of(number)) for number in range(2, 5)] == [STARTED, STARTED, WAITS]


def test_what_is_kept_by_two_limits_waits_for_both() -> None:
    """Of a mission that is full, the first in line is of a host that is full as well: the next one starts."""
    slots = Slots()
    of_host = endpoints(PER_HOST, mission="one", host="one.example")
    of_mission = [lease_of(n, UUID(int=n), "one") for n in range(5000, 5000 + PER_MISSION - PER_HOST)]
    for lease in [*of_host, *of_mission]:
        slots.take(lease)
    kept, free = lease_of(1, ONE, "one", "one.example"), lease_of(2, OTHER, "one")
    assert [slots.take(kept), slots.take(free)] == [WAITS, WAITS]
    assert slots.finish(of_mission[0]) == [free]
    assert slots.finish(of_host[0]) == [kept]
