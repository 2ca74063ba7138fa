"""The places of each endpoint: who starts, who waits in line, and who is left at the end."""

from datetime import UTC, datetime
from uuid import UUID

from clearway_alerts.channels.webhook.signing import SigningKeys
from clearway_alerts.outbound.leases import PER_ENDPOINT, Claim
from clearway_alerts.outbound.slots import IN_FLIGHT, Flights

ONE, OTHER = UUID(int=1), UUID(int=2)


def claim(number: int, endpoint: UUID = ONE) -> Claim:
    until = datetime(2026, 3, 1, tzinfo=UTC)
    return Claim(UUID(int=number), endpoint, 1, until, 1, "https://example.org/", SigningKeys("", ""), b"")


def test_an_endpoint_has_few_places_and_the_others_wait_in_line() -> None:
    flights = Flights()
    claims = [claim(number) for number in range(PER_ENDPOINT + 2)]
    assert [flights.take(each) for each in claims] == [True] * PER_ENDPOINT + [False] * 2
    assert not flights.has_room(ONE)
    assert flights.take(claim(99, OTHER)), "a full endpoint is in nobody's way"
    assert flights.land(claims[0]) is claims[PER_ENDPOINT]
    assert flights.land(claims[1]) is claims[PER_ENDPOINT + 1]
    assert flights.land(claims[2]) is None
    assert flights.has_room(ONE)
    assert set(flights.busy) == {ONE, OTHER}


def test_a_place_is_free_when_the_receiver_has_answered_and_its_message_held_until_that_is_recorded() -> None:
    flights = Flights()
    flights.take(claim(1))
    assert flights.land(claim(1)) is None
    assert flights.room == IN_FLIGHT
    assert flights.busy == [ONE]
    flights.release(claim(1))
    assert flights.busy == []


def test_on_the_ground_are_those_who_never_started() -> None:
    flights = Flights()
    claims = [claim(number) for number in range(PER_ENDPOINT + 2)]
    for each in claims:
        flights.take(each)
    assert flights.ground() == claims[PER_ENDPOINT:]
    assert flights.held == claims[:PER_ENDPOINT]
    assert [flights.land(each) for each in claims[:PER_ENDPOINT]] == [None] * PER_ENDPOINT
    for each in claims[:PER_ENDPOINT]:
        flights.release(each)
    assert flights.busy == []
    assert flights.room == IN_FLIGHT


def test_a_process_has_only_so_many_aloft_whoever_asks() -> None:
    flights = Flights()
    claims = [claim(number, UUID(int=number)) for number in range(IN_FLIGHT + 2)]
    assert [flights.take(each) for each in claims] == [True] * IN_FLIGHT + [False] * 2
    assert flights.room == 0
    assert not flights.has_room(UUID(int=IN_FLIGHT + 9))
    assert flights.land(claims[0]) is claims[IN_FLIGHT]
    assert flights.land(claims[1]) is claims[IN_FLIGHT + 1]
    assert flights.room == 0
    assert flights.land(claims[2]) is None
    assert flights.room == 1


def test_a_free_place_of_the_process_goes_to_an_endpoint_that_has_one_too() -> None:
    flights = Flights()
    others = [claim(number, UUID(int=number)) for number in range(100, 100 + IN_FLIGHT - PER_ENDPOINT)]
    own = [claim(number) for number in range(PER_ENDPOINT)]
    for each in [*others, *own[:-1]]:
        flights.take(each)
    flights.take(own[-1])
    waiting = [claim(50, OTHER), claim(51, OTHER)]
    assert [flights.take(each) for each in waiting] == [False] * 2
    more = claim(52)
    assert not flights.take(more), "it waits for a place of its own endpoint"
    assert flights.land(others[0]) is waiting[0]
    assert flights.land(own[0]) is more
    assert flights.land(others[1]) is waiting[1]
    assert flights.ground() == []
