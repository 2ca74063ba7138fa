"""Lists in a terminal and in a pipe: nothing is cut, whatever the width."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from clearway_platform.cli import listing
from clearway_platform.cli.listing import print_list, print_one

ID = "0197f3a0-1111-7abc-8def-0123456789ab"
ROWS: list[dict[str, Any]] = [
    {
        "id": UUID(ID),
        "name": "Convoy on Route Alder, north of the bridge",
        "failed_at": datetime(2026, 3, 1, 4, 5, tzinfo=UTC),
    },
    {"id": UUID(int=1), "name": "輸送隊", "failed_at": None},
]


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_piped_each_row_is_one_whole_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    print_list(ROWS, as_json=False, empty="none")
    header, first, second = printed(capsys)
    assert header.split() == ["ID", "NAME", "FAILED", "AT"]
    assert first == f"{ID}  Convoy on Route Alder, north of the bridge  2026-03-01 04:05Z"
    assert second.endswith("-")


def test_a_narrow_terminal_gets_blocks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "terminal_width", lambda: 80)
    print_list(ROWS, as_json=False, empty="none")
    lines = printed(capsys)
    assert f"id         {ID}" in lines
    assert "name       Convoy on Route Alder, north of the bridge" in lines
    assert lines.count("") == 1


def test_a_wide_terminal_gets_columns_that_line_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "terminal_width", lambda: 200)
    print_list(ROWS, as_json=False, empty="none")
    header, first, _second = printed(capsys)
    assert header.index("FAILED AT") == first.index("2026-03-01")


def test_json_holds_whole_values(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(ROWS, as_json=True, empty="none")
    found = json.loads(capsys.readouterr().out)
    assert found[0] == {"id": ID, "name": ROWS[0]["name"], "failed_at": "2026-03-01T04:05:00Z"}
    assert found[1]["failed_at"] is None


def test_one_thing_is_a_line_for_each_name(capsys: pytest.CaptureFixture[str]) -> None:
    print_one(ROWS[1], as_json=False)
    assert printed(capsys) == [f"id         {UUID(int=1)}", "name       輸送隊", "failed at  -"]
    print_one(ROWS[0], as_json=True)
    assert json.loads(capsys.readouterr().out)["failed_at"] == "2026-03-01T04:05:00Z"


def test_an_empty_list_says_so_and_is_empty_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_list([], as_json=False, empty="There is no key.")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "There is no key.\n")
    print_list([], as_json=True, empty="There is no key.")
    assert capsys.readouterr().out == "[]\n"


def test_what_steers_a_terminal_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_list([{"name": "a\x1b[31m\nb"}], as_json=False, empty="none")
    assert printed(capsys) == ["NAME", "a [31m b"]
