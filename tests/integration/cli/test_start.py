"""The start, when something is wrong: one sentence with what to do, exit code 2, no traceback and no line of a log."""

import errno
import re
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.data_folder import prepare
from clearway_platform.settings import Settings
from clearway_platform.version import VERSION
from clearway_testing.server import free_port

from .conftest import Partial, Program, Started, Up


def check_refusal(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert not any(sign in done.stderr for sign in ("Traceback", '{"', "sqlalche.me"))
    for word in words:
        assert word in done.stderr


def test_a_taken_port_is_named_with_what_to_do(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = program.run("up", "--port", port)
    check_refusal(done, f"Port {port} is in use", "--port")
    assert not (program.folder / "data").exists()


def test_a_second_one_says_that_a_clearway_has_the_port(program: Program, up: Up) -> None:
    _, address = up()
    done = program.run("up", "--data", "other", "--port", address.rpartition(":")[2])
    check_refusal(done, "Clearway already runs", "--port")
    check_refusal(program.run("up", "--port", "0"), "is in use by process")


def test_a_data_folder_that_is_a_file(program: Program) -> None:
    (program.folder / "file").touch()
    check_refusal(program.run("up", "--port", "0", "--data", "file"), "file", "--data")
    check_refusal(program.run("up", "--port", "0", "--data", "file/below"), "file/below", "--data")


def test_a_data_folder_that_cannot_be_made(program: Program) -> None:
    check_refusal(program.run("up", "--port", "0", "--data", "/proc/clearway"), "/proc/clearway", "--data")


@pytest.mark.parametrize("name", ["keys.db", "incidents.db", "log.db"])
def test_a_database_that_is_none(name: str, program: Program) -> None:
    (program.folder / "data").mkdir()
    (program.folder / "data" / name).write_text("This is a letter, and no database at all.")
    check_refusal(program.run("up", "--port", "0"), name, "not a Clearway database")
    assert (program.folder / "data" / name).read_text().startswith("This is a letter")


def test_a_database_that_is_broken(program: Program) -> None:
    (program.folder / "data").mkdir(mode=0o700)
    broken = program.folder / "data" / "keys.db"
    broken.touch(mode=0o600)
    broken.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    check_refusal(program.run("up", "--port", "0"), "not a Clearway database")
    check_refusal(program.run("keys", "list"), "not a Clearway database")


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["up", "--port", "99999"], {}, ["--port", "65535"]),
        (["up"], {"CLEARWAY_PORT": "99999"}, ["CLEARWAY_PORT", "65535"]),
        (["up"], {"CLEARWAY_DATADIR": "x"}, ["Did you mean CLEARWAY_DATA_DIR?"]),
        (["up"], {"CLEARWAY_LOG_LEVEL": "LOUD"}, ["CLEARWAY_LOG_LEVEL", "WARNING"]),
        (["up"], {"CLEARWAY_MISSION_ZONE": "Bamako"}, ["CLEARWAY_MISSION_ZONE", "'Bamako'", "Africa/Bamako"]),
        (["up", "--port", "0"], {"CLEARWAY_BROKER_URL": "localhost:9092"}, ["CLEARWAY_BROKER_URL", "kafka://"]),
        (["up", "--port", "0"], {"CLEARWAY_KEYS_DATABASE_URL": "mysql://a/b"}, ["CLEARWAY_KEYS_DATABASE_URL"]),
        (["up", "--port", "0"], {"CLEARWAY_KEYS_DATABASE_URL": "postgresql://a@127.0.0.1:9/b"}, ["does not answer"]),
        (["up", "--host", "203.0.113.7"], {}, ["203.0.113.7", "no network interface"]),
        (["up", "--host", "nowhere.invalid"], {}, ["nowhere.invalid"]),
        (["run", "incidents"], {}, ["CLEARWAY_BROKER_URL"]),
        (["run", "weather"], {}, ["weather", "incidents"]),
        (["tail", "--url", "nonsense"], {}, ["nonsense", "http://"]),
        (["tail"], {"CLEARWAY_URI": "x"}, ["CLEARWAY_URL"]),
        (["keys", "list"], {"CLEARWAY_DATADIR": "x"}, ["CLEARWAY_DATA_DIR"]),
        (["topics", "create"], {"CLEARWAY_BROKER_URL": "nonsense"}, ["CLEARWAY_BROKER_URL"]),
        (["migrate"], {"CLEARWAY_KEYS_DATABASE_URL": "nonsense"}, ["CLEARWAY_KEYS_DATABASE_URL"]),
        (["tail", "--only", "weather"], {}, ["There is no stream weather. Streams: alerts, incidents, routes."]),
        (["tail", "--since", "yesterday"], {}, ["--since is 'yesterday'. Give a span"]),
        (["migrate", "weather"], {}, ["There is no database weather. Databases: keys, alerts"]),
        (["dead-letters", "list"], {}, ["The data folder data has no database of any service."]),
        (["bogus"], {}, ["bogus"]),
    ],
)
def test_a_wrong_option_or_setting(
    arguments: list[str], variables: dict[str, str], words: list[str], program: Program
) -> None:
    check_refusal(program.run(*arguments, **variables), *words)


@pytest.mark.timeout(300)  # it starts a command for each subject, and coverage makes each start three times as long
def test_no_line_of_a_help_is_cut_at_80_columns(program: Program) -> None:
    """A command is listed by its first sentence."""
    commands = program.run("--help").stdout.partition("Commands:\n")[2]
    groups = [[line.split()[0]] for line in commands.splitlines()]
    assert len(groups) > 12
    for group in ([], *groups):
        listed = program.run(*group, "--help").stdout
        assert "..." not in listed.partition("Commands:")[2]
        assert max(map(len, listed.splitlines())) <= 80


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_quiet_and_is_how_a_server_ends(number: signal.Signals, up: Up) -> None:
    started, _ = up()
    assert started.stopped_by(number) == 0
    assert started.written.endswith("Stopped.\n")
    assert "Traceback" not in started.written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_during_the_start_is_quiet(number: signal.Signals, program: Program) -> None:
    """At whichever step it comes: while modules load, databases are made, or just before it answers."""
    unmeasured = {"COVERAGE_PROCESS_CONFIG": ""}  # while coverage loads, it ignores every exception, and the signal too
    for steps in range(1, 6):
        started = program.start("up", "--port", "0", "--data", f"data{steps}", **unmeasured)
        with suppress(subprocess.TimeoutExpired):
            started.process.wait(0.4 * steps)
        code = started.stopped_by(number)
        if code == -number:  # Before the first line of ours runs, the signal ends the interpreter by itself.
            assert "clearway_" not in started.written
        else:
            assert code in (0, 128 + number)
            assert "Traceback" not in started.written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_tail_says_nothing(number: signal.Signals, program: Program) -> None:
    started = program.start("tail", "--url", "http://127.0.0.1:9")
    started.said("Is Clearway running?")
    assert started.stopped_by(number) == 128 + number
    assert started.written.count("\n") == 1


def test_the_version_is_one(program: Program, up: Up) -> None:
    assert program.run("--version").stdout == f"clearway {VERSION}\n"
    _, address = up()
    with httpx.Client(base_url=address, trust_env=False) as client:
        assert client.get("/healthz").json() == {"status": "alive", "version": VERSION}
        assert client.get("/openapi.json").json()["info"]["version"] == VERSION
        assert client.get("/openapi/incidents.json").json()["info"]["version"] == VERSION
        assert f'version="{VERSION}"' in client.get("/metrics").text
        assert "clearway_build_info{" in client.get("/metrics").text


def link_of(started: Started) -> str | None:
    """The link that signs in, where it is the first line after the one that says that it is up."""
    lines = re.sub(r"\x1b\[[\d;]*m", "", started.written).splitlines()
    [first] = [number for number, line in enumerate(lines) if " is up on " in line]
    found = re.fullmatch(r"  open it        (\S+)", lines[first + 1])
    return found[1] if found else None


def test_the_first_line_is_a_link_that_opens_the_page_signed_in(program: Program, up: Up) -> None:
    started, address = up()
    key = (program.folder / "data/admin.key").read_text().strip()
    assert link_of(started) == f"{address}/#key={key}"
    assert "the link contains the administrator's key" in started.written


@pytest.mark.parametrize(("terminal", "is_said"), [("0", False), ("1", True)])
def test_a_later_start_writes_the_key_to_a_terminal_and_to_no_journal(
    terminal: str, is_said: bool, program: Program, up: Up
) -> None:
    up()[0].stopped_by(signal.SIGTERM)
    program.environment |= {"TTY_COMPATIBLE": terminal, "NO_COLOR": "1"}
    started, address = up()
    key = (program.folder / "data/admin.key").read_text().strip()
    assert (link_of(started) == f"{address}/#key={key}") == (key in started.written) == is_said


def test_a_start_without_a_page_or_a_key_prints_no_link(program: Program, partial: Partial, up: Up) -> None:
    without = partial("dashboard").start("up", "--port", str(free_port()))
    without.said("stop it")
    assert link_of(without) is None
    without.stopped_by(signal.SIGTERM)
    (program.folder / "data/admin.key").unlink()
    program.environment |= {"TTY_COMPATIBLE": "1", "NO_COLOR": "1"}
    assert link_of(up()[0]) is None


def test_listening_beyond_this_machine_says_what_that_means(up: Up) -> None:
    started, address = up("--host", "0.0.0.0")
    started.said("plain HTTP")
    assert address in started.written
    started, _ = up("--data", "other")
    assert "plain HTTP" not in started.written


def test_a_folder_that_may_not_be_written(program: Program) -> None:
    """One that the system refuses to root as well, as whom tests may run."""
    check_refusal(program.run("up", "--port", "0", "--data", "/sys/kernel/clearway"), "/sys/kernel", "may not write")


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "may not write")]
)
def test_what_the_disk_refuses_is_said(number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(Misconfigured, match=said):
        prepare(Settings(data_dir=tmp_path), ["keys"], keeps_files=True)


@pytest.mark.parametrize(
    ("variables", "level", "form"),
    [
        ({}, "WARNING", "console"),
        ({"CLEARWAY_LOG_LEVEL": "debug"}, "DEBUG", "console"),
        ({"CLEARWAY_LOG_FORMAT": "json"}, "INFO", "json"),
    ],
)
def test_on_a_terminal_the_log_level_that_is_set_is_obeyed(
    variables: dict[str, str], level: str, form: str, program: Program
) -> None:
    """The log is for people there, unless the settings say otherwise."""
    code = (
        "import sys; sys.stderr.isatty = lambda: True; from clearway_platform.cli.serve import for_people; "
        "from clearway_platform.settings import Settings; found = for_people(Settings()); "
        "print(found.log_level, found.log_format)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=program.environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == [level, form], done.stderr
