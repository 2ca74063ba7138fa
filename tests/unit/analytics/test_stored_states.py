"""What earlier programs stored as JSON is read in the newest shape. Examples are only ever added."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import TypeAdapter

import clearway_analytics.storage
from clearway_analytics.risk.parameters import DENSE, SPARSE
from clearway_analytics.storage.states import LINE, PARAMETERS, STATES, stored_line
from clearway_platform.database.states import COMPATIBLE_FROM, VERSION, version_of

EXAMPLES: Final = Path(clearway_analytics.storage.__file__).parent / "examples"
CHECKSUMS: Final = EXAMPLES / "SHA256SUMS"
NAMES: Final = sorted(path.name for path in EXAMPLES.glob("*.json"))


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / name).read_text())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_read_and_written_in_the_newest_shape(name: str) -> None:
    (state,) = [state for state in STATES if state.name == name.partition(".")[0]]
    stored = example(name)
    assert f".v{version_of(stored)}." in name
    value = state.read(stored)
    assert state.form.validate_python(state.form.dump_python(value, mode="json")) == value


def test_every_version_has_an_example() -> None:
    wanted = {f"{state.name}.v{version}" for state in STATES for version in range(1, state.newest + 1)}
    assert {".".join(name.split(".")[:2]) for name in NAMES} == wanted


def test_no_example_was_changed_or_removed() -> None:
    kept = {name: checksum for checksum, name in map(str.split, CHECKSUMS.read_text().splitlines())}
    assert {name: sha256((EXAMPLES / name).read_bytes()).hexdigest() for name in NAMES} == kept


def test_release_0_1_0_reads_what_is_written() -> None:
    """It reads the fields beside the version that it knows, and a line that is a bare list."""
    written = PARAMETERS.write(DENSE)
    assert (written[VERSION], written[COMPATIBLE_FROM]) == (2, 1)
    assert set(example("parameters.v1.release-0.1.0.json")) < set(written)
    assert TypeAdapter(type(DENSE)).validate_json(json.dumps(written)) == DENSE
    assert stored_line(((30.0, 5.0), (30.2, 5.0))) == [[30.0, 5.0], [30.2, 5.0]]


def test_what_release_0_1_0_wrote_is_what_it_meant() -> None:
    statuses = {"verified": 1.0, "closed": 1.0, "under_review": 0.8, "reported": 0.4, "disputed": 0.2}
    meant = replace(SPARSE, status_weights=statuses, credibility_weights={}, formulas=1)
    assert PARAMETERS.read(example("parameters.v1.release-0.1.0.json")) == meant
    assert LINE.read(example("line.v1.release-0.1.0.json")) == ((30.0, 5.0), (30.2, 5.0), (30.4, 5.1))
