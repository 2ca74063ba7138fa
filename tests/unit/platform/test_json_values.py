"""JSON is read without a look for garbage, and written in parts."""

import asyncio
import gc
import json

import pytest

from clearway_platform.json_values import json_array, json_value

GENERATIONS = 3
LISTS = "[" + "[]," * 20_000 + "[]]"


def collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())


def test_nothing_is_collected_while_a_text_is_read() -> None:
    before = collections()
    value = json_value(LISTS)
    assert collections() - before <= GENERATIONS, "once, when it has been read"
    assert len(value) == 20_001


def test_without_that_garbage_is_looked_for_again_and_again() -> None:
    """So the test above can fail."""
    before = collections()
    json.loads(LISTS)
    assert collections() - before > 2 * GENERATIONS


def test_garbage_is_collected_afterwards() -> None:
    json_value(b'{"a": 1}')
    assert gc.isenabled()


@pytest.mark.parametrize("text", ["", "[", '{"a": }', b"\xff", "[" * 10_000])
def test_garbage_is_collected_after_what_is_not_json(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        json_value(text)
    assert gc.isenabled()


def test_where_nothing_was_collected_before_nothing_is_afterwards() -> None:
    gc.disable()
    try:
        json_value("[]")
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("items", [[], [1], [{"a": "ü"}, None, [1.5]]])
def test_an_array_is_what_is_written_at_once(items: list[object]) -> None:
    assert json.loads(asyncio.run(json_array(items))) == items
