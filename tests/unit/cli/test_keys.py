"""`clearway keys`: a mistyped mission is asked about, and looking makes no database."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clearway_platform.auth.permissions import PLATFORM
from clearway_platform.auth.principals import Role
from clearway_platform.auth.roles import may
from clearway_platform.cli.main import app
from clearway_platform.service import installed_services, permissions_of

Keys = Callable[..., Result]


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(app, ["keys", *arguments])


def test_a_mission_that_has_no_key_needs_to_be_said_new(keys: Keys) -> None:
    assert keys("create", "--mission", "unmx", "--new-mission", "--role", "admin").exit_code == 0
    mistyped = keys("create", "--mission", "unmy", "--role", "admin")
    assert mistyped.exit_code == 2
    assert "Did you mean unmx?" in mistyped.stderr
    assert "--new-mission" in mistyped.stderr
    assert keys("create", "--mission", "unmx", "--role", "reporter").exit_code == 0


def test_a_list_in_a_wrong_folder_says_so_and_makes_nothing(keys: Keys, tmp_path: Path) -> None:
    for arguments in (["list"], ["revoke", "abc"]):
        done = keys(*arguments)
        assert done.exit_code == 2
        assert "keys.db" in done.stderr
        assert "CLEARWAY_DATA_DIR" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_list_has_whole_names_and_json(keys: Keys) -> None:
    name = "Duty officer of the joint operations centre, sector east, night shift"
    token = keys("create", "--mission", "unmx", "--new-mission", "--role", "admin", "--name", name).stdout
    assert name in keys("list").stdout
    (listed,) = json.loads(keys("list", "--json").stdout)
    assert (listed["key"], listed["name"]) == (token.split("_")[1], name)
    assert "no key of mission other" in keys("list", "--mission", "other").stderr


def test_a_key_may_be_that_of_a_person(keys: Keys) -> None:
    arguments = ("create", "--mission", "unmx", "--new-mission", "--role", "verifier", "--person")
    assert keys(*arguments, "  ").exit_code == 2
    assert keys(*arguments, "Ann Ba").exit_code == 0
    (listed,) = json.loads(keys("list", "--json").stdout)
    assert listed["person"] == "Ann Ba"
    assert "Ann Ba" in keys("list").stdout


def test_the_help_says_what_each_role_may_do(keys: Keys) -> None:
    said = " ".join(keys("create", "--help").stdout.split())
    permissions = permissions_of(installed_services().values())
    assert len(permissions) > len(PLATFORM)
    for role in Role:
        assert f"{role.value} {may(role, permissions)}" in said


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], *([name, "--help"] for name in ("up", "run", "tail", "migrate", "import"))]
)
def test_help_is_plain_text_of_80_columns(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert done.stdout.isascii()
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_key_has_the_ceiling_of_its_role_unless_another_is_set(keys: Keys) -> None:
    create = ("create", "--mission", "unmx", "--new-mission", "--role")
    assert keys(*create, "subscriber").exit_code == 0
    assert keys(*create, "subscriber", "--tlp", "red", "--organisation", "UNMAS").exit_code == 0
    assert keys(*create, "admin", "--classification", "unclassified").exit_code == 0
    assert keys(*create, "admin", "--organisation", " ").exit_code == 2
    listed = [
        (key["tlp"], key["classification"], key["organisation"]) for key in json.loads(keys("list", "--json").stdout)
    ]
    assert listed == [("amber", "unclassified", None), ("red", "unclassified", "UNMAS"), ("red", "unclassified", "*")]
