"""The threat model of SECURITY.md names a test for each measure, and each of them exists."""

import ast
import re
from pathlib import Path

import pytest

NAMED = re.compile(r"`(?P<file>(?:tests|benchmarks)/[\w/]+\.py)(?:::(?P<name>\w+))?`")


@pytest.fixture
def measures(root: Path) -> list[str]:
    """The rows of the table of measures."""
    section = (root / "SECURITY.md").read_text().partition("\n### Measures\n")[2].partition("\n### ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    return [row for row in rows if not row.startswith("| against ")]


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}


def test_each_measure_has_a_test(measures: list[str]) -> None:
    assert len(measures) > 15
    assert [row for row in measures if not NAMED.search(row.rpartition(" | ")[2])] == []


def test_each_test_that_is_named_exists(root: Path, measures: list[str]) -> None:
    for row in measures:
        for named in NAMED.finditer(row):
            file = root / named["file"]
            assert file.is_file(), row
            if file.is_relative_to(root / "tests"):
                assert names_in(file), row
                assert named["name"] is None or named["name"] in names_in(file), row


def test_the_page_says_who_and_what_is_left(root: Path) -> None:
    text = (root / "SECURITY.md").read_text()
    headings = re.findall(r"^### (.+)$", text, re.M)
    assert headings == ["What is protected", "From whom", "Measures", "What is left"]
