"""What everyone may read never depends on one incident, and never on more than cells and days.

A history is what was recorded on each of some days. Each test computes the editions of those days from histories that
nobody chose, and looks at the bytes that are sent."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway_contracts.handling import Handling
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_incidents.domain.public.counting import Contribution, HazardKind, Known, Rule, contribution
from clearway_incidents.domain.public.editions import Band, Standing, advance, band_of, next_moment, shown
from clearway_incidents.domain.public.grid import PERIODS, Period, Region, cell_numbers, size_for
from clearway_incidents.domain.public.publication import AREAS, TABLE, EditionOf, Language, Publication, education
from clearway_incidents.exchange.public.feeds import feeds_of
from clearway_incidents.storage.public_standing import packed, unpacked

FEWEST = 3
RULE = Rule(FEWEST, 0, Region(west=-1.0, south=-1.0, east=2.0, north=2.0))
PUBLICATION = Publication(RULE, "Areas", "Call 123")
FOR_ALL = Handling(Tlp.CLEAR, Classification.UNCLASSIFIED)
# The first of April is among the days: then what waits is put together over larger cells.
FIRST_DAY = date(2026, 3, 27)

Day = Mapping[UUID, Known | None]
History = Sequence[Day]


def known(**changes: Any) -> Known:
    moment = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    plain = Known(0.05, 0.05, 25.0, moment, moment, "ied", "reported", "active", "detonated", False, FOR_ALL)
    return replace(plain, **changes)


@st.composite
def an_incident(draw: st.DrawFn) -> Known | None:
    """In a few cells, on a few days, so that they often meet; sometimes one that nobody may know of any more."""
    begun = datetime(2026, 3, draw(st.integers(1, 12)), draw(st.integers(1, 22)), tzinfo=UTC)
    ended = begun + timedelta(days=draw(st.sampled_from([0, 0, 0, 2, 40])))
    return draw(
        st.sampled_from(
            [
                None,
                *4
                * (
                    known(
                        longitude=draw(st.integers(0, 4)) / 20 + 0.01,
                        latitude=draw(st.sampled_from([0.02, 0.07, 0.62])),
                        uncertainty_m=draw(st.sampled_from([25.0, 25.0, 2_500.0, 25_000.0])),
                        earliest=begun,
                        latest=ended,
                        category=draw(st.sampled_from(["ied", "landmine", "unknown"])),
                        hazard_state=draw(st.sampled_from(["active", "cleared"])),
                        handling=draw(st.sampled_from([FOR_ALL, FOR_ALL, replace(FOR_ALL, tlp=Tlp.RED)])),
                    ),
                ),
            ]
        )
    )


INCIDENTS = st.sampled_from([UUID(int=number) for number in range(1, 15)])
HISTORIES = st.lists(st.dictionaries(INCIDENTS, an_incident(), max_size=8), min_size=1, max_size=9)


def computed(history: History, rule: Rule = RULE) -> list[tuple[Standing, dict[str, bytes]]]:
    """The edition of each day, each from what is stored of the one before."""
    stored, found = packed(Standing()), []
    for number, recorded in enumerate(history):
        standing, day = unpacked(stored), FIRST_DAY + timedelta(days=number)
        changes = {one: None if now is None else contribution(now, rule) for one, now in recorded.items()}
        advance(standing, changes, rule, day)
        stored = packed(standing)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        feeds = feeds_of(EditionOf(replace(PUBLICATION, rule=rule), moment, shown(standing, rule)))
        found.append((unpacked(stored), feeds))
    return found


def features(feeds: Mapping[str, bytes], feed: str = AREAS) -> dict[str, Any]:
    """What is said of each area, but for the region."""
    found = {one["id"]: one for one in json.loads(feeds[feed])["features"]}
    del found["region"]
    return found


def at(history: History, day: int) -> dict[UUID, Known]:
    """The incidents as they are on record on a day."""
    found: dict[UUID, Known] = {}
    for recorded in history[: day + 1]:
        for one, now in recorded.items():
            found.pop(one, None)
            if now is not None:
                found[one] = now
    return found


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_what_is_said_changes_with_no_fewer_than_the_fewest(history: History) -> None:
    """In every feed: where an area appears, goes, or says something else, so many incidents came to it, or so many
    went or became something else, since it last changed."""
    before: tuple[Standing, dict[str, bytes]] = (Standing(), computed([{}])[0][1])
    for now in computed(history):
        said, says = features(before[1]), features(now[1])
        changed = {name for name in said.keys() | says.keys() if said.get(name) != says.get(name)}
        for feed in (education(Language.EN), education(Language.FR)):
            told, tells = features(before[1], feed), features(now[1], feed)
            assert {name for name in told.keys() | tells.keys() if told.get(name) != tells.get(name)} <= changed
        behind = [{key.name: area for key, area in standing.areas.items()} for standing in (before[0], now[0])]
        for name in changed:
            one, other = (areas[name].counted if name in areas else {} for areas in behind)
            differ = [who for who in one.keys() | other.keys() if not _adds_the_same(one.get(who), other.get(who))]
            assert len(differ) >= FEWEST, name
        before = now


def _adds_the_same(one: Contribution | None, other: Contribution | None) -> bool:
    return one is not None and other is not None and one.says_the_same(other)


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_enough_incidents_are_in_an_area_that_appears(history: History) -> None:
    """Counted from the record alone, by their places and times, without anything that the editions are computed
    with."""
    before: set[str] = set()
    for day, (_, feeds) in enumerate(computed(history)):
        says = features(feeds)
        for name in says.keys() - before:
            inside = [one for one in at(history, day).values() if _is_in(one, says[name])]
            assert len(inside) >= says[name]["properties"]["at_least"] >= FEWEST
            kinds = Counter(_KINDS[one.category] for one in inside)
            assert all(kinds[kind] >= FEWEST for kind in says[name]["properties"]["hazards"])
        before = set(says)


_KINDS = {"ied": "improvised_devices", "landmine": "landmines", "unknown": "other_explosives"}


def _is_in(one: Known, feature: Mapping[str, Any]) -> bool:
    (west, south), _, (east, north), *_ = feature["geometry"]["coordinates"][0]
    said = feature["properties"]
    is_there = west <= one.longitude < east and south <= one.latitude < north and one.handling == FOR_ALL
    if said["first_day"] is None:
        return is_there
    first, last = date.fromisoformat(said["first_day"]), date.fromisoformat(said["last_day"])
    return is_there and first <= one.earliest.date() and one.latest.date() <= last


@settings(max_examples=40, deadline=None)
@given(HISTORIES)
def test_an_incident_is_inside_the_area_that_counts_it(history: History) -> None:
    for day, (standing, feeds) in enumerate(computed(history)):
        says, record = features(feeds), at(history, day)
        for key, area in standing.areas.items():
            for one in area.counted.keys() - area.differ.keys():
                assert _is_in(record[one], says[key.name])


@settings(max_examples=40, deadline=None)
@given(HISTORIES)
def test_who_may_be_told_of_is_counted_or_waits_with_few(history: History) -> None:
    """Nobody is forgotten, none is counted as it is twice, and none waits where enough are in its own cell."""
    for day, (standing, _) in enumerate(computed(history)):
        public = {one for one, now in at(history, day).items() if contribution(now, RULE) is not None}
        counted = [one for area in standing.areas.values() for one in area.counted.keys() - area.differ.keys()]
        counted += [one for area in standing.areas.values() for one, now in area.differ.items() if now is not None]
        assert sorted([*counted, *standing.waiting]) == sorted(public)
        together = Counter(one.key(RULE.size, one.size, PERIODS.index(Period.ANY)) for one in standing.waiting.values())
        assert all(number < FEWEST for number in together.values())


@settings(max_examples=40, deadline=None)
@given(HISTORIES, st.integers(0, 2**32))
def test_nothing_finer_than_cells_and_days_is_in_any_byte(history: History, seed: int) -> None:
    """Another world: every point elsewhere in its cell, every time at another hour of its days, each day's reports in
    another order, and all ids others. All feeds of all days are the same bytes."""
    random = Random(seed)
    others = [UUID(int=number << 80) for number in range(1, 15)]
    random.shuffle(others)
    ids = {UUID(int=number): other for number, other in enumerate(others, 1)}

    def elsewhere(one: Known) -> Known:
        cell_x, cell_y = cell_numbers(one.longitude, one.latitude, 0)
        hours = sorted(random.randrange(1, 24 * 60) for _ in range(2))
        earliest = one.earliest.replace(hour=hours[0] // 60, minute=hours[0] % 60)
        latest = one.latest.replace(hour=hours[1] // 60, minute=hours[1] % 60)
        return replace(
            one,
            longitude=(cell_x + random.uniform(0.01, 0.99)) / 10,
            latitude=(cell_y + random.uniform(0.01, 0.99)) / 10,
            earliest=earliest,
            latest=max(earliest, latest),
        )

    another = []
    for recorded in history:
        changed = [(ids[one], now if now is None else elsewhere(now)) for one, now in recorded.items()]
        random.shuffle(changed)
        another.append(dict(changed))
    assert [feeds for _, feeds in computed(history)] == [feeds for _, feeds in computed(another)]


def test_an_edition_says_what_it_may() -> None:
    """And nothing of how a device works, whom it hit or who reported it: these are all the words there are."""
    day = {UUID(int=number): known(longitude=0.051 + number / 1000) for number in range(1, 6)}
    [(_, feeds)] = computed([day])
    [(name, area)] = features(feeds).items()
    assert name == "0_0_0.1_day-2026-03-10"
    assert area["geometry"]["coordinates"] == [[[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.1], [0.0, 0.0]]]
    assert area["properties"] == {
        "kind": "area",
        "cell_degrees": 0.1,
        "period": "day",
        "first_day": "2026-03-10",
        "last_day": "2026-03-10",
        "at_least": 3,
        "at_most": 9,
        "hazards": ["improvised_devices"],
        "hazards_standing": "yes",
    }
    education_of = features(feeds, education(Language.FR))[name]["properties"]
    assert education_of.keys() == {"kind", "headline", "known", "hazards_standing"}
    about = json.loads(feeds[education(Language.EN)])["metadata"]
    assert about["what_to_do"][-1].endswith("Call 123")
    table = feeds[TABLE].decode().splitlines()
    assert table[1].startswith("#geo+id,")
    assert table[2].startswith("0_0_0.1_day-2026-03-10,0.0,0.0,0.1,0.1,day,")


def test_without_an_area_the_region_is_said_all_the_same() -> None:
    """Who finds nothing on the map is not told that it is safe."""
    [(_, feeds)] = computed([{}])
    [region] = json.loads(feeds[AREAS])["features"]
    assert region["geometry"]["coordinates"][0][0] == [-1.0, -1.0]
    [said] = json.loads(feeds[education(Language.EN)])["features"]
    assert "anywhere" in said["properties"]["headline"]


def test_the_one_that_fills_a_place_is_told_with_those_that_waited() -> None:
    waiting = {UUID(int=number): known() for number in (1, 2)}
    first, second, third = computed([waiting, {UUID(int=3): known()}, {UUID(int=4): known()}])
    assert (features(first[1]), len(features(second[1]))) == ({}, 1)
    assert features(third[1]) == features(second[1])


def test_what_is_taken_back_stays_said_until_enough_are() -> None:
    """One that is marked more highly, or retracted, cannot be found by comparing."""
    all_of_them: Day = {UUID(int=number): known() for number in (1, 2, 3)}
    gone: list[Day] = [{UUID(int=number): None} for number in (1, 2, 3)]
    found = [features(feeds) for _, feeds in computed([all_of_them, *gone])]
    assert found[0] == found[1] == found[2] != found[3] == {}


def test_those_that_are_left_of_an_area_wait_again() -> None:
    here: Day = {UUID(int=number): known() for number in (1, 2, 3, 4)}
    gone: Day = {UUID(int=number): None for number in (1, 2, 3)}
    (_, said), (standing, says), (_, again) = computed([here, gone, {UUID(int=number): known() for number in (5, 6)}])
    assert (len(features(said)), features(says), set(standing.waiting)) == (1, {}, {UUID(int=4)})
    assert features(again) == features(said)


def test_one_that_is_corrected_to_another_place_waits_there() -> None:
    here: Day = {UUID(int=number): known() for number in (1, 2, 3)}
    moved: Day = {UUID(int=1): known(longitude=0.55)}
    (_, said), (standing, says) = computed([here, moved])
    assert features(said) == features(says)
    assert standing.waiting.keys() == {UUID(int=1)}


@pytest.mark.parametrize(
    ("changes"),
    [
        {"handling": Handling(Tlp.GREEN, Classification.UNCLASSIFIED)},
        {"handling": Handling(Tlp.CLEAR, Classification.CONFIDENTIAL)},
        {"handling": Handling(Tlp.CLEAR, Classification.UNCLASSIFIED, ("Halo",))},
        {"exercise": True},
        {"status": "retracted"},
        {"status": "merged"},
        {"category": "not_explosive"},
        {"outcome": "hoax"},
        {"outcome": "false_alarm"},
        {"longitude": 2.1},
    ],
    ids=str,
)
def test_what_is_not_for_everyone_is_not_counted(changes: dict[str, Any]) -> None:
    assert contribution(known(), RULE) is not None
    assert contribution(known(**changes), RULE) is None


def test_a_place_that_is_not_known_well_is_counted_in_a_larger_cell() -> None:
    found = [size_for(100, metres, 0) for metres in (25.0, 5_000.0, 20_000.0, 100_000.0, 500_000.0)]
    assert found == [0, 0, 1, 3, 3]
    assert [size_for(800, 25.0, 0), size_for(-180, 25.0, 1)] == [0, 3]


def test_periods_are_of_the_calendar() -> None:
    day = date(2026, 5, 14).toordinal()
    starts = {one: one.start(day) for one in PERIODS}
    ends = {one: one.end(start) for one, start in starts.items() if one is not Period.ANY}
    days = {one.value: (date.fromordinal(starts[one]), date.fromordinal(ends[one])) for one in ends}
    assert days == {
        "day": (date(2026, 5, 14), date(2026, 5, 14)),
        "week": (date(2026, 5, 11), date(2026, 5, 17)),
        "month": (date(2026, 5, 1), date(2026, 5, 31)),
        "quarter": (date(2026, 4, 1), date(2026, 6, 30)),
        "year": (date(2026, 1, 1), date(2026, 12, 31)),
    }
    assert Period.YEAR.end(date(9999, 1, 1).toordinal()) == date.max.toordinal()


def test_bands() -> None:
    assert [band_of(number, 3) for number in (3, 9, 10, 24, 1_000)] == [
        *(Band(3, 9), Band(3, 9), Band(10, 24), Band(10, 24)),
        Band(1_000, None),
    ]
    assert band_of(40, 30) == Band(30, 49)


def test_the_next_edition_is_of_the_next_midnight() -> None:
    assert next_moment(datetime(2026, 3, 1, 6, tzinfo=UTC)) == datetime(2026, 3, 2, tzinfo=UTC)
    assert next_moment(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 3, 2, tzinfo=UTC)


def test_no_kind_says_how_a_device_works() -> None:
    assert {kind.value for kind in HazardKind} == {
        "landmines",
        "unexploded_ordnance",
        "improvised_devices",
        "other_explosives",
    }
