"""The file with a mission's own words is read at the start, and what is wrong with it is said there."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from clearway_incidents.settings import IncidentsSettings


def test_words_are_read_one_on_a_line(tmp_path: Path) -> None:
    file = tmp_path / "terms"
    file.write_text("# made up\n  quibbet shell \n\nzorblé\n")
    assert IncidentsSettings(guard_terms=file).terms() == ("quibbet shell", "zorblé")
    assert IncidentsSettings().terms() == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "not UTF-8"),
        (b"quibbet\n---\n", "word 2 of the file has no letter"),
        (b"a" * 201, "more than 200 characters"),
        (b"quibbet\n" * 10_001, "10001 words"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_the_start(
    content: bytes | None, problem: str, tmp_path: Path
) -> None:
    file = tmp_path / "terms"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValidationError, match=problem):
        IncidentsSettings(guard_terms=file)
