"""Merge patches, and what changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_incidents.domain.difference import Difference, changed_names, differences, merge_patch, patch_between

Document = dict[str, Any]
VALUES = st.recursive(
    st.integers() | st.text("xyz☂", max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "c"}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_rfc_7396(target: Document, patch: Document, result: Document) -> None:
    assert merge_patch(target, patch) == result


@given(DOCUMENTS, DOCUMENTS)
def test_the_patch_between_two_documents_leads_from_one_to_the_other(before: Document, after: Document) -> None:
    assert merge_patch(before, patch_between(before, after)) == after


def test_names_are_dotted_and_bookkeeping_is_left_out() -> None:
    before = {"revision": 1, "audit": {"hash": "a"}, "time": {"earliest": 1, "latest": 2}, "casualties": []}
    after = {"revision": 2, "audit": {"hash": "b"}, "time": {"earliest": 1, "latest": 3}, "casualties": [{}]}
    assert changed_names(before, after) == ("casualties", "time.latest")


def test_values_come_with_their_names() -> None:
    before, after = {"a": {"b": 1, "c": [1]}, "revision": 1}, {"a": {"b": 1, "c": [2]}, "d": {"e": 2}, "revision": 2}
    assert differences(before, after) == (Difference("a.c", [1], [2]), Difference("d", None, {"e": 2}))
