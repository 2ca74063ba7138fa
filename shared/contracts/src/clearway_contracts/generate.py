"""Writes every document that follows from the contracts; with `--check`, says which are out of date.

python -m clearway_contracts.generate [--check] [--root REPOSITORY]
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clearway_contracts.asyncapi import asyncapi
from clearway_contracts.event_table import with_event_table
from clearway_contracts.json_schema import schemas

SCHEMAS: Final = Path("shared/contracts/src/clearway_contracts/schemas")
EXAMPLES: Final = Path("shared/contracts/src/clearway_contracts/examples")
CHECKSUMS: Final = EXAMPLES / "SHA256SUMS"
ASYNCAPI: Final = Path("shared/contracts/src/clearway_contracts/asyncapi.json")
README: Final = Path("README.md")


def documents(root: Path) -> dict[Path, str]:
    """Every generated file by its path in the repository. Schemas of earlier versions stay as they are."""
    found = {SCHEMAS / name: _json(schema) for name, schema in schemas().items()}
    found[ASYNCAPI] = _json(asyncapi())
    if (root / CHECKSUMS).exists():
        found[CHECKSUMS] = with_new_examples((root / CHECKSUMS).read_text(encoding="ascii"), root / EXAMPLES)
    if (root / README).exists():
        found[README] = with_event_table((root / README).read_text(encoding="utf-8"))
    return found


def with_new_examples(checksums: str, folder: Path) -> str:
    """The checksums with those of examples that have none yet. A line that is there stays: examples never change."""
    lines = {name: digest for digest, name in (line.split("  ", 1) for line in checksums.splitlines())}
    for example in folder.glob("*.json"):
        lines.setdefault(example.name, hashlib.sha256(example.read_bytes()).hexdigest())
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(lines.items()))


def outdated(root: Path, expected: Mapping[Path, str]) -> list[Path]:
    """The files that are missing or differ from what the contracts say."""
    return [path for path, text in expected.items() if _read(root / path) != text]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="clearway_contracts.generate", description="Documents of the contracts.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is out of date")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the repository (default: here)")
    options = parser.parse_args(arguments)
    expected = documents(options.root)
    stale = outdated(options.root, expected)
    if options.check:
        return _complain(stale)
    for path in stale:
        _write(options.root / path, expected[path])
    return 0


def _complain(stale: Sequence[Path]) -> int:
    for path in stale:
        sys.stderr.write(f"{path} is out of date: run python -m clearway_contracts.generate\n")
    return 1 if stale else 0


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
