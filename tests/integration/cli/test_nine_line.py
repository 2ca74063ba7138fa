"""`clearway nine-line` beside a platform that is served: at a terminal, in a pipe, and with what is no report."""

import json
import os
import pty
import subprocess
from typing import Any

import httpx
import pytest

from clearway_testing.server import free_port

from .conftest import PROGRAM, SECONDS, Program, Up

TEXT = """LINE 1: 281040ZFEB26
LINE 2: Convoy 12, 30Q VD 12345 67890
LINE 4: 1 x IED on the roadside, destroyed
LINE 9: immediate
"""


@pytest.fixture
def running(program: Program, up: Up) -> tuple[Program, str]:
    _, address = up()
    return program, address


def piped(program: Program, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "nine-line", *arguments],
        cwd=program.folder,
        env=program.environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def typed(program: Program, words: str, *arguments: str) -> tuple[int, str]:
    """Run the command on a terminal of 80 columns, and type these words: code and output."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        process = subprocess.Popen(
            [*PROGRAM, "nine-line", *arguments],
            cwd=program.folder,
            env=program.environment,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.close(theirs)
        terminal.write(words.encode())
        output = process.communicate(timeout=SECONDS)[0].decode()
    return process.returncode, output


def recorded(program: Program, address: str) -> list[dict[str, Any]]:
    key = (program.folder / "data/admin.key").read_text().strip()
    answer = httpx.get(f"{address}/v1/incidents", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_report_is_typed_read_back_and_confirmed(running: tuple[Program, str]) -> None:
    program, address = running
    code, output = typed(program, TEXT + "\nn\n")
    assert (code, recorded(program, address)) == (1, [])
    assert "Nothing was recorded." in output
    code, output = typed(program, TEXT + "\ny\n", "--organisation", "Convoy 12")
    [incident] = recorded(program, address)
    assert code == 0
    assert f"Recorded as incident {incident['incident_id']}." in output
    assert "= time 2026-02-28 10:40Z, to the minute" in output
    assert "? not understood: 1 x" in output
    assert "missing lines: 3, 5, 6, 7, 8" in output
    assert "This makes the hazard less; look at it: outcome." in output
    assert (incident["outcome"], incident["reports"][0]["organisation"]) == ("found_cleared", "Convoy 12")
    asked, _, after = output.partition("Record this report? [y/N]: ")
    assert max(map(len, (*asked.splitlines(), *after.splitlines()))) <= 80


def test_a_pipe_is_recorded_at_once_and_what_makes_it_less_is_not(running: tuple[Program, str]) -> None:
    program, address = running
    done = piped(program, TEXT, "--yes", "--channel", "sms", "--json")
    [incident] = recorded(program, address)
    assert (done.returncode, json.loads(done.stdout)["incident_id"]) == (0, incident["incident_id"])
    assert done.stderr == "Not recorded, because nobody looked at it: outcome.\n"
    assert (incident["outcome"], incident["reports"][0]["channel"]) == ("unknown", "sms")


def test_nothing_is_recorded_where_it_is_not_asked_or_cannot_be(running: tuple[Program, str]) -> None:
    program, address = running
    shown = piped(program, TEXT, "--dry-run", "--json")
    assert (shown.returncode, json.loads(shown.stdout)["draft"]["category"]) == (0, "ied")
    for text, arguments, code, said in (
        (TEXT, [], 2, "Add --yes to record it at once"),
        ("LINE 4: IED", ["--yes"], 1, "no position is understood"),
        ("", ["--yes"], 1, "must not be empty"),
        ("a" * 4_000, ["--yes"], 1, "at most 3500 characters"),
        (TEXT, ["--yes", "--key", "cwk_a_b"], 2, "is unknown, was revoked or has expired"),
        (TEXT, ["--yes", "--url", f"http://127.0.0.1:{free_port()}", "--key", "cwk_a_b"], 1, "Is Clearway running?"),
    ):
        done = piped(program, text, *arguments)
        assert (done.returncode, said in done.stderr, done.stderr.count("\n")) == (code, True, 1), done.stderr
    (program.folder / "latin.txt").write_bytes("LIGNE 4: déminage".encode("latin-1"))
    done = piped(program, "", "latin.txt", "--yes")
    assert (done.returncode, "Save it in UTF-8." in done.stderr) == (2, True)
    assert recorded(program, address) == []
