"""`clearway tail` beside a platform that comes, goes and comes back, and beside one that is none of ours."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from clearway_testing.server import await_ready, free_port

from .conftest import PROGRAM, SECONDS, Program, Up, report


def key(program: Program, folder: str = "data") -> str:
    return (program.folder / folder / "admin.key").read_text().strip()


def test_the_key_belongs_to_the_address(program: Program, up: Up) -> None:
    """Once a demonstration has run, also beside one that runs."""
    demo, demo_address = up("--demo")
    demo.stopped_by(signal.SIGTERM)
    _, address = up()
    up("--demo", port=int(demo_address.rpartition(":")[2]))
    own = program.start("tail")
    own.said(f"Following alerts, incidents, routes at {address}")
    theirs = program.start("tail", "--demo")
    theirs.said(f"at {demo_address}")
    theirs.said("incident.reported")
    edition = program.folder / "edition.csv"
    edition.write_text(
        "Incident ID,Year,Month,Day,Country,Means of attack,Latitude,Longitude\n1,2020,1,1,Chad,Landmine,13,20\n"
    )
    done = program.run("import", "awsd", str(edition))
    assert done.returncode == 0, done.stderr
    own.said("incident.reported")


def test_another_folder_on_a_free_port(program: Program) -> None:
    started = program.start("up", "--data", "elsewhere", "--port", "0")
    started.said("tail --data elsewhere")
    report((program.folder / "elsewhere/address").read_text().strip(), key(program, "elsewhere"), "one")
    program.start("tail", "--data", "elsewhere").said("Route Alder, km 9")


def test_it_shows_the_last_events_and_follows(program: Program, up: Up) -> None:
    _, address = up()
    ids = [report(address, key(program), str(number)) for number in range(4)]
    tail = program.start("tail", "--last", "2")
    for incident in ids[2:]:
        tail.said(incident)
    later = report(address, key(program), "later")
    tail.said(later)
    lines = tail.out.read_text().splitlines()
    assert [incident for line in lines for incident in (*ids, later) if incident in line] == [*ids[2:], later]
    assert all(line.startswith("20") and "\x1b" not in line for line in lines)
    since = program.start("tail", "--since", "1h", "--only", "incidents")
    since.said(ids[0])
    none = program.start("tail", "--last", "0")
    none.said("Following")
    report(address, key(program), "last")
    none.said("incident.reported")
    assert ids[3] not in none.written


def test_it_says_once_that_nothing_answers_and_goes_on_where_it_was(program: Program, up: Up) -> None:
    port = free_port()
    tail = program.start("tail", "--url", f"http://127.0.0.1:{port}")
    tail.said("Is Clearway running?")
    started, address = up(port=port)
    tail.said("Following")
    tail.said(report(address, key(program), "first"))
    started.process.kill()
    started.process.wait(SECONDS)
    await_ready(lambda: tail.written.count("Is Clearway running?") == 2, seconds=SECONDS, process=tail.process)
    up(port=port)
    tail.said(report(address, key(program), "second"))
    tail.said("answers again")
    assert tail.out.read_text().count("incident.reported") == 2
    assert tail.err.read_text().count("\n") == 4
    assert tail.stopped_by(signal.SIGINT) == 130


@pytest.mark.parametrize("token", ["cwk_0000_wrong", "nonsense"])
def test_a_wrong_key_ends_it_with_a_sentence(token: str, program: Program, up: Up) -> None:
    up()
    done = program.run("tail", "--key", token)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "is unknown, was revoked or has expired" in done.stderr


def test_a_reader_that_has_enough_ends_it_quietly(program: Program, up: Up) -> None:
    _, address = up()
    for number in range(4):
        report(address, key(program), str(number))
    command = subprocess.list2cmdline(PROGRAM) + " tail --last 4 | head -n 2; echo ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=program.folder,
        env=program.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stdout.count("incident.reported") == 2
    assert done.stderr.count("\n") == 1


SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith("/v1/incident-events"):
            self.send_response(503)
            return self.end_headers()
        seen = self.headers.get("Last-Event-ID")
        print(f"cursor={seen} query={self.path.partition('?')[2]}", flush=True)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b'id: 1-7\\nevent: cursor\\ndata: {"cursor": "1-7"}\\n\\n')
        self.wfile.write(b": ping\\n\\n" * 3)
        self.wfile.write(b'id: 1-8\\nevent: incident.foretold\\ndata: {"what": "is not known"}\\n\\n')
        self.wfile.write(b'event: resync\\ndata: {"reason": "too old", "snapshot": "/v1/incidents"}\\n\\n: ping\\n\\n')

    def log_message(self, *_): pass

server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever()
"""


def test_pings_and_unknown_events_are_passed_over_and_the_cursor_is_kept(program: Program, tmp_path: Path) -> None:
    """httpx-sse gives an empty event for each ping once an id was seen."""
    port = free_port()
    (tmp_path / "server.py").write_text(SERVER)
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen([sys.executable, str(tmp_path / "server.py"), str(port)], stdout=output)
    try:
        tail = program.start(
            "tail", "--only", "incidents", "--url", f"http://127.0.0.1:{port}", "--key", "cwk_a_b", "--last", "3"
        )
        await_ready(lambda: "cursor=1-8" in log.read_text(), seconds=SECONDS, process=tail.process, log=tail.err)
        tail.said("Some incidents events are missing here: too old")
    finally:
        server.kill()
        server.wait(SECONDS)
    assert "cursor=None query=last=3" in log.read_text()
    assert tail.out.read_text() == ""
    assert "Traceback" not in tail.written


def test_what_is_no_clearway_is_said(program: Program, tmp_path: Path) -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_ready(lambda: _answers(port), seconds=SECONDS, process=server)
        done = program.run("tail", "--url", f"http://127.0.0.1:{port}", "--key", "cwk_a_b")
    finally:
        server.kill()
        server.wait(SECONDS)
    assert done.returncode == 2
    assert "is not Clearway" in done.stderr


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
    except httpx.TransportError:
        return False
    return True
