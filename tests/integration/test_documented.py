"""What README and CONTRIBUTING tell people to type."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clearway_platform.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = "\n".join((ROOT / page).read_text() for page in ("README.md", "CONTRIBUTING.md"))


def test_the_pages_make_the_first_key_of_a_mission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = re.findall(r"clearway (keys create --mission unmx [^)\n]+)", PAGES)
    assert len(commands) == 2
    for number, command in enumerate(commands):
        monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path / str(number)))
        done = CliRunner().invoke(app, shlex.split(command))
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith("cwk_")


def test_an_import_of_another_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "admin.key").write_text("cwk_0_none\n")
    (tmp_path / "edition.csv").write_text("Year\n2024\n")
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("CLEARWAY_API_KEY", raising=False)
    done = CliRunner().invoke(app, ["import", "awsd", str(tmp_path / "edition.csv")])
    assert done.exit_code == 2
    assert "is not a file of the Aid Worker Security Database" in " ".join(done.output.split())
