"""`clearway keys`: a mistyped mission is asked about, and looking makes no database."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
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


def test_a_key_is_limited_and_expires_as_it_is_made(keys: Keys) -> None:
    create = ("create", "--mission", "unmx", "--new-mission", "--role", "subscriber")
    made = keys(
        *create,
        *("--system", "Convoy tracker", "--expires", "90d"),
        *("--scope", "alerts:read", "--scope", "subscriptions:write", "--network", "10.20.0.0/16"),
    )
    assert made.exit_code == 0, made.stderr
    (listed,) = json.loads(keys("list", "--json").stdout)
    assert (listed["system"], listed["person"], listed["state"]) == ("Convoy tracker", None, "in_use")
    assert (listed["scopes"], listed["networks"]) == (["alerts:read", "subscriptions:write"], ["10.20.0.0/16"])
    lasts = datetime.fromisoformat(listed["expires"]) - datetime.fromisoformat(listed["created"])
    assert timedelta(days=89) < lasts <= timedelta(days=90)
    assert listed["last_used"] is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--expires", "soon"), "90d"),
        (("--expires", "2020-01-31"), "past"),
        (("--expires", "0d"), "past"),
        (("--scope", "incidents:asses"), "alerts:read"),
        (("--scope", "keys:read"), "no permission"),
        (("--network", "10.20.0.1/16"), "no network"),
        (("--person", "Ann Ba", "--system", "tracker"), "not to both"),
        (("--system", " "), "no name"),
    ],
)
def test_terms_that_cannot_be_make_no_key(keys: Keys, wrong: tuple[str, ...], said: str) -> None:
    done = keys("create", "--mission", "unmx", "--new-mission", "--role", "subscriber", *wrong)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("\u2502", " ").split())


def test_a_key_is_rotated_with_an_overlap(keys: Keys) -> None:
    first = keys("create", "--mission", "unmx", "--new-mission", "--role", "admin", "--person", "Ann Ba").stdout.strip()
    key_id = first.split("_")[1]
    second = keys("rotate", key_id, "--overlap", "12h", "--expires", "2999-01-31").stdout.strip()
    listed = {key["key"]: key for key in json.loads(keys("list", "--json").stdout)}
    old, new = listed[key_id], listed[second.split("_")[1]]
    assert (old["state"], old["replaced_by"]) == ("replaced", new["key"])
    assert (new["person"], new["role"], new["expires"]) == ("Ann Ba", "admin", "2999-01-31T00:00:00Z")
    again = keys("rotate", key_id)
    assert again.exit_code == 1
    assert new["key"] in again.stderr
    assert keys("rotate", new["key"], "--overlap", "a while").exit_code == 2
    assert keys("revoke", new["key"]).exit_code == 0
    assert keys("rotate", new["key"]).exit_code == 1


@pytest.mark.parametrize("command", ["create", "list", "rotate", "revoke"])
def test_the_help_of_each_command_of_keys_fits(keys: Keys, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = keys(command, "--help")
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
