"""`clearway risk-parameters` beside a platform that is served, and beside what is none."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from clearway_platform.clock import new_id
from clearway_testing.server import await_ready, free_port

from .conftest import PROGRAM, SECONDS, Canned, Partial, Program, Serve, Up, report

PATH: Final = "/v1/risk-parameters"
REASON: Final = ("--reason", "The rate has risen.")


def key(program: Program) -> str:
    return (program.folder / "data/admin.key").read_text().strip()


class Theatre:
    """A platform with routes and incidents, the program beside it, and the API as a program would call it."""

    def __init__(self, program: Program, address: str) -> None:
        self.address = address
        self._program = program
        self._http = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {key(program)}"}, trust_env=False, timeout=SECONDS
        )

    def settle(self, routes: int = 3) -> None:
        """Routes of which the first is near two incidents; returns once both count."""
        first = str(new_id())
        for number in range(routes):
            line = [[-30.15, 10.02 + number / 5], [-30.05, 10.02 + number / 5]]
            body = {"name": f"Route Alder {number}", "line": {"type": "LineString", "coordinates": line}}
            self._http.put(
                f"/v1/routes/{first if number == 0 else new_id()}", json=body | {"half_width_m": 500}
            ).raise_for_status()
        incidents = [report(self.address, key(self._program), str(number)) for number in range(2)]
        explained = f"/v1/routes/{first}/risk/explanation"
        await_ready(lambda: incidents[1] in self._http.get(explained).text, seconds=SECONDS)

    def revisions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._http.get(PATH).json()["items"]
        return found

    def states(self) -> list[str]:
        return [revision["state"] for revision in self.revisions()]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._program.run("risk-parameters", *arguments)

    def done(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command that succeeds."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done

    def proposed(self) -> str:
        """Propose `dense`, and return its id once it is compared."""
        found: str = json.loads(self.done("propose", "--preset", "dense", *REASON, "--wait", "--json").stdout)[
            "parameters_id"
        ]
        return found

    def answer(self, words: str, *arguments: str) -> tuple[int, str]:
        """Run a command on a terminal of 80 columns, and answer its question with these words: code and output."""
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "r+b", buffering=0) as terminal:
            process = subprocess.Popen(
                [*PROGRAM, "risk-parameters", *arguments],
                cwd=self._program.folder,
                env=self._program.environment,
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            os.close(theirs)
            terminal.write(words.encode() + b"\n")
            output = process.communicate(timeout=SECONDS)[0].decode()
        return process.returncode, output

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def theatre(program: Program, up: Up) -> Iterator[Theatre]:
    _, address = up()
    with closing(Theatre(program, address)) as made:
        yield made


def test_they_are_proposed_compared_and_activated(theatre: Theatre) -> None:
    theatre.settle()
    proposal = theatre.done("propose", "--preset", "dense", *REASON, "--wait")
    one = theatre.revisions()[0]
    assert f"Revision 2 (dense) is proposed: {one['parameters_id']}." in proposal.stderr
    assert f"Routes whose band changes: {one['summary']['bands_changed']} of 3" in proposal.stderr
    header, first, *rest = proposal.stdout.splitlines()
    assert header.split() == ["ROUTE", "EXPECTED", "EVENTS", "FACTOR", "BAND"]
    assert (first.split("  ")[0], len(rest), "→" in first) == ("Route Alder 0", 2, True)
    shorter = theatre.done("compare", one["parameters_id"], "--limit", "1")
    assert shorter.stdout.splitlines()[1].split() == first.split()
    assert "Shown: 1 of 3 routes. --limit 3 shows all." in shorter.stderr
    listed = theatre.done("list").stdout.splitlines()
    assert [line.split()[:3] for line in listed[1:]] == [["2", "compared", "dense"], ["1", "current", "sparse"]]
    assert one["proposed_by"] in listed[1]
    activated = theatre.done("activate", one["parameters_id"], "--yes")
    assert activated.stdout == "Revision 2 (dense) is in use.\n"
    assert "Routes whose band changes" in activated.stderr
    assert theatre.states() == ["current", "superseded"]


def test_a_proposal_without_waiting_prints_its_id_alone(theatre: Theatre) -> None:
    proposal = theatre.done("propose", "--preset", "dense", *REASON)
    parameters_id = theatre.revisions()[0]["parameters_id"]
    assert proposal.stdout == f"{parameters_id}\n"
    assert f"clearway risk-parameters compare {parameters_id} --wait" in proposal.stderr
    waited = theatre.done("compare", parameters_id, "--wait")
    assert (waited.stdout, waited.stderr) == ("", "There is no route to compare.\n")
    again = theatre.run("propose", "--preset", "dense", *REASON)
    assert (again.returncode, again.stdout) == (1, "")
    assert "Another proposal of this mission is not decided yet" in again.stderr


def test_numbers_of_ones_own_come_from_a_file(theatre: Theatre, tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text('{"name": "ours", "decay_days": 60, "reason": "As calibrated."}')
    made = json.loads(theatre.done("propose", "--file", str(file), "--preset", "dense", "--json").stdout)
    assert (made["parameters"]["name"], made["parameters"]["decay_days"]) == ("ours", 60)
    assert (made["parameters"]["shares"], made["reason"]) == ([0.5, 0.35, 0.22, 0.03], "As calibrated.")
    shown = theatre.done("show", made["parameters_id"]).stdout
    assert "decay days              60" in shown.splitlines()
    assert json.loads(theatre.done("show", made["parameters_id"], "--json").stdout)["reason"] == "As calibrated."
    assert [one["revision"] for one in json.loads(theatre.done("list", "--json").stdout)] == [2, 1]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('{"decay_days": 5}', 1, "decay_days: Input should be greater than or equal to 20."),
        ('{"decay": 60}', 1, "decay: Extra inputs are not permitted. Remove this field"),
        ('{"shares": [0.5]}', 1, "shares: 1 shares for 4 scales. Send one share for each"),
        ('{"decay_days": 60,}', 2, "own.json is not JSON"),
        ("[60]", 2, "own.json is not a JSON object"),
    ],
)
def test_a_file_that_cannot_be_taken_says_where(
    text: str, code: int, said: str, theatre: Theatre, tmp_path: Path
) -> None:
    (tmp_path / "own.json").write_text(text)
    done = theatre.run("propose", "--file", "own.json", *REASON)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert said in done.stderr
    assert theatre.states() == ["current"]


def test_a_person_is_asked_and_a_script_says_yes(theatre: Theatre) -> None:
    parameters_id = theatre.proposed()
    for command in (["activate", parameters_id], ["discard", parameters_id, "--reason", "A slip."]):
        refused = theatre.run(*command)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert (
            refused.stderr
            == "There is no terminal on which to confirm this. Add --yes to do it without confirmation.\n"
        )
        code, output = theatre.answer("n", *command)
        assert (code, output.splitlines()[-1].endswith("Nothing was changed.")) == (1, True)
        assert "There is no route to compare." in output
        assert theatre.states() == ["compared", "current"]
    code, output = theatre.answer("y", "discard", parameters_id, "--reason", "A slip.")
    assert (code, "Revision 2 (dense) is discarded. The parameters in use stay." in output) == (0, True)
    assert (theatre.states()[0], theatre.revisions()[0]["decision_reason"]) == ("discarded", "A slip.")


def test_what_is_decided_or_not_there_is_not_asked_about(theatre: Theatre) -> None:
    first = theatre.revisions()[0]["parameters_id"]
    for command in (["activate", first], ["discard", first, "--reason", "x"]):
        code, output = theatre.answer("y", *command)
        assert (code, output.count("\n")) == (1, 1)
        assert "This revision is decided already." in output
    compared = theatre.run("compare", first)
    assert (compared.returncode, "There is no comparison of these parameters" in compared.stderr) == (1, True)
    missing = theatre.run("show", str(new_id()))
    assert (missing.returncode, "There is no set of risk parameters" in missing.stderr) == (1, True)


def test_options_that_are_missing_are_named(theatre: Theatre) -> None:
    for arguments, said in (
        (["propose", *REASON], "--preset sparse, --preset dense or --file FILE"),
        (["propose", "--preset", "dense"], "--reason TEXT"),
    ):
        done = theatre.run(*arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert said in done.stderr


def test_a_wrong_key_and_a_role_that_may_not_are_said(program: Program, theatre: Theatre) -> None:
    unknown = theatre.run("list", "--key", "cwk_a_b")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
    assert "is unknown, was revoked or has expired" in unknown.stderr
    analyst = program.run("keys", "create", "--mission", "local", "--role", "analyst").stdout.strip()
    refused = theatre.run("propose", "--preset", "dense", *REASON, "--key", analyst)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "does not have the permission risk-parameters:write" in refused.stderr
    assert theatre.run("list", "--key", analyst).returncode == 0


def test_a_wait_that_is_stopped_says_that_the_computation_continues(program: Program, serve: Serve) -> None:
    parameters_id, asked = new_id(), list[str]()
    rebuilding = {"state": "rebuilding", "progress": {"incidents": 9, "done": 1}}
    url = serve({f"{PATH}/{parameters_id}": Canned(200, json.dumps(rebuilding), "application/json")}, asked)
    waiting = program.start(
        "risk-parameters", "compare", str(parameters_id), "--wait", "--url", url, "--key", "cwk_a_b"
    )
    await_ready(lambda: len(asked) > 1, seconds=SECONDS, process=waiting.process, log=waiting.err)
    assert waiting.stopped_by(signal.SIGINT) == 130
    assert "The computation continues without this command." in waiting.written
    assert f"clearway risk-parameters compare {parameters_id}\n" in waiting.written
    assert waiting.written.count("\n") == 2


def test_where_nothing_runs_it_says_so(program: Program) -> None:
    for arguments in ([], ["--key", "cwk_a_b"]):
        done = program.run("risk-parameters", "list", "--url", f"http://127.0.0.1:{free_port()}", *arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert "Is Clearway running?" in done.stderr


def test_where_the_service_is_missing_it_says_so(program: Program, partial: Partial) -> None:
    without = partial("analytics")
    port = free_port()
    without.start("up", "--port", str(port)).said("stop it")
    done = program.run("risk-parameters", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"Clearway at http://127.0.0.1:{port} runs without the analytics service, or with an older version of it.\n"
    )
    assert "risk-parameters" not in without.run("--help").stdout
