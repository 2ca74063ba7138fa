"""Files as other programs save them: read, or named with the remedy."""

from pathlib import Path

import pytest

from clearway_incidents.exchange.imports.reading import UnreadableFile, read_table

TEXT = "Incident ID,City\n1,Abéché\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), None),
        (TEXT.encode("utf-8-sig"), None),
        (TEXT.encode("utf-16"), None),
        (TEXT.replace("\n", "\r\n").encode("cp1252"), "cp1252"),
        (TEXT.replace(",", ";").encode("cp1252"), "cp1252"),
        (TEXT.replace(",", "\t").encode("utf-16"), None),
    ],
)
def test_an_edition_that_excel_saved_is_read(content: bytes, encoding: str | None, tmp_path: Path) -> None:
    (tmp_path / "edition.csv").write_bytes(content)
    table = read_table(tmp_path / "edition.csv")
    assert list(table.rows) == [{"Incident ID": "1", "City": "Abéché"}]
    # Read anew each time.
    assert list(table.rows) == list(table.rows)
    assert len(table.rows) == 1
    assert table.encoding == encoding


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04workbook",
        b"\xd0\xcf\x11\xe0old workbook",
        "Abéché".encode("shift_jisx0213") + b"\x81\x8d",
        b"a,\0b\n",
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "edition.csv").write_bytes(content)
    with pytest.raises(UnreadableFile, match="CSV UTF-8"):
        read_table(tmp_path / "edition.csv")


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "edition.csv").write_bytes(b"")
    assert read_table(tmp_path / "edition.csv").columns == ()
