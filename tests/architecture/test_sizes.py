"""Files and functions stay small enough to be read whole. A file is a reason to change, so not smaller than that."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

LONGEST_FILE = 400
USUAL_FILE = 150
LONGEST_USUAL_FUNCTION = 40


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def functions(path: Path) -> Iterator[int]:
    """The length in lines of each function of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def written(root: Path, product: list[Path]) -> list[Path]:
    """The modules that are still edited: a migration never is."""
    return [root / path for path in product if "migrations" not in path.parts]


def test_no_file_is_long(root: Path, product: list[Path], record_property: Callable[[str, object], None]) -> None:
    lengths = {path: lines(path) for path in written(root, product)}
    record_property("median lines a file", median(lengths.values()))
    assert [f"{path.relative_to(root)}: {length}" for path, length in lengths.items() if length >= LONGEST_FILE] == []
    assert median(lengths.values()) <= USUAL_FILE


def test_few_functions_are_long(
    root: Path, product: list[Path], record_property: Callable[[str, object], None]
) -> None:
    lengths = [length for path in written(root, product) for length in functions(path)]
    record_property("median lines a function", median(lengths))
    assert quantiles(lengths, n=20)[-1] <= LONGEST_USUAL_FUNCTION


def test_every_module_says_why_it_exists(root: Path, product: list[Path]) -> None:
    silent = [
        str(path)
        for path in product
        if (text := (root / path).read_text()).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []
