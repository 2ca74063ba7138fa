"""`clearway import awsd` against a service that is well, away, or of another mind."""

import csv
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from typer.testing import CliRunner, Result

from clearway_incidents.cli.importing import app as import_app
from clearway_incidents.exchange.imports.rows import Summary
from clearway_incidents.exchange.imports.sending import BATCH, ImportFailed, RowReport, send
from clearway_testing.platforms import free_port

from .test_awsd import ROW

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


def answered(items: list[dict[str, Any]], problem: dict[str, Any] | None = None) -> httpx.Response:
    """The results of lines, and the end."""
    return httpx.Response(200, text="".join(json.dumps(one) + "\n" for one in (*items, {"problem": problem})))


def taken(request: httpx.Request) -> httpx.Response:
    """Refuses the second line of each batch."""
    items = [{"line": number, "result": "created"} for number, _line in enumerate(request.content.splitlines(), 1)]
    items[1] |= {"result": "refused", "problem": "time.earliest: is in the future"}
    return answered(items)


def run(answer: Answer, count: int) -> Summary:
    summary = Summary()
    reports = [RowReport(ROW | {"Incident ID": str(number)}, {"n": number}) for number in range(count)]
    with httpx.Client(base_url="http://clearway.test", transport=httpx.MockTransport(answer)) as client:
        send(client, reports, summary, lambda: None)
    return summary


def test_every_row_is_sent_once_and_refusals_are_kept_with_their_row() -> None:
    summary = run(taken, BATCH + 2)
    assert summary.results == {"created": BATCH, "refused": 2}
    assert [row["Incident ID"] for row in summary.rejects] == ["1", str(BATCH + 1)]


def test_lines_without_a_result_are_sent_again() -> None:
    """The service is away after the first line of each request."""
    sent = []

    def one_at_a_time(request: httpx.Request) -> httpx.Response:
        lines = request.content.splitlines()
        sent.append(len(lines))
        away = {"status": 503, "title": "Unavailable"} if lines[1:] else None
        return answered([{"line": 1, "result": "created"}], away)

    assert run(one_at_a_time, 2).results == {"created": 2}
    assert sent == [2, 1]


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (lambda _: httpx.Response(401, json={"detail": "unknown key."}), "CLEARWAY_API_KEY"),
        (lambda _: httpx.Response(503), "does not answer"),
        (lambda _: httpx.Response(422, json={"detail": "no."}), "422: no."),
        (lambda _: httpx.Response(200, text="<html>"), "is not Clearway"),
        (lambda _: httpx.Response(200, text="[1]"), "is not Clearway"),
        (lambda _: httpx.Response(200, text=""), "is not Clearway"),
        (lambda _: answered([], {"status": 503, "title": "Unavailable"}), "does not answer"),
        (lambda _: answered([], {"status": 429, "title": "Full", "detail": "no more."}), "429: no more."),
    ],
)
def test_an_import_that_cannot_go_on_says_what_to_do(answer: Answer, advice: str) -> None:
    with pytest.raises(ImportFailed, match=advice):
        run(answer, 1)


def edition(path: Path) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(ROW))
        writer.writeheader()
        writer.writerows([ROW, ROW | {"Incident ID": "2", "Latitude": ""}])
    return path


def test_a_dry_run_sends_nothing_and_writes_the_rejects(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    file = edition(tmp_path / "edition.csv")
    done = CliRunner().invoke(import_app, ["awsd", str(file), "--dry-run", "--rejects", str(rejects)])
    assert done.exit_code == 0
    assert "it has no coordinates" in rejects.read_text()


@pytest.fixture
def clearway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Answer], str]]:
    """Starts a service that answers as it is told, and gives its address."""
    monkeypatch.delenv("CLEARWAY_API_KEY", raising=False)
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    with ExitStack() as stack:

        def start(answer: Answer) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_POST(self) -> None:
                    sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    response = answer(httpx.Request("POST", "http://clearway.test", content=sent))
                    self.send_response(response.status_code)
                    self.end_headers()
                    self.wfile.write(response.content)

                def do_GET(self) -> None:
                    self.do_POST()

                def log_message(self, *_: object) -> None:
                    return

            server = stack.enter_context(HTTPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start


def refused(request: httpx.Request) -> httpx.Response:
    lines = range(1, len(request.content.splitlines()) + 1)
    return answered([{"line": number, "result": "refused", "problem": "no."} for number in lines])


def imported(*arguments: str) -> Result:
    return CliRunner().invoke(import_app, ["awsd", *arguments])


def test_without_a_key_it_says_so(clearway: Callable[[Answer], str], tmp_path: Path) -> None:
    url = clearway(lambda _: httpx.Response(200))
    done = imported(str(edition(tmp_path / "edition.csv")), "--url", url)
    assert done.exit_code == 2
    assert "CLEARWAY_API_KEY" in done.output


def test_a_server_that_does_not_answer_is_no_success(clearway: Callable[[Answer], str], tmp_path: Path) -> None:
    file = str(edition(tmp_path / "edition.csv"))
    nobody = f"http://127.0.0.1:{free_port()}"
    for arguments in (["--url", nobody], ["--url", nobody, "--key", "cwk_a_b"]):
        done = imported(file, *arguments)
        assert done.exit_code == 1
        assert "Is Clearway running?" in done.output
        assert "stamina" not in done.output
        assert "Traceback" not in done.output


def test_an_import_of_which_every_row_was_refused_is_no_success(
    clearway: Callable[[Answer], str], tmp_path: Path
) -> None:
    done = imported(str(edition(tmp_path / "edition.csv")), "--url", clearway(refused), "--key", "cwk_a_b")
    assert done.exit_code == 1
    assert "Every row was refused" in done.output


def test_an_import_of_which_a_row_was_taken_is_one(clearway: Callable[[Answer], str], tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b'"ids"' in request.content:
            return httpx.Response(200, json={"proposed": 3})
        return answered([{"line": 1, "result": "created"}])

    url = clearway(answer)
    done = imported(str(edition(tmp_path / "edition.csv")), "--url", url, "--key", "cwk_a_b", "--json")
    assert done.exit_code == 0
    assert {row["result"]: row["rows"] for row in json.loads(done.stdout)} == {
        "created": 1,
        "gone, proposed to be retracted": 3,
        "refused": 1,
        "refused: it has no coordinates": 1,
    }


def test_a_part_of_an_edition_is_taken_and_said(clearway: Callable[[Answer], str], tmp_path: Path) -> None:
    """What cannot be imported is not gone: the names of all rows are compared."""
    compared = []

    def answer(request: httpx.Request) -> httpx.Response:
        if b'"ids"' not in request.content:
            return answered([{"line": 1, "result": "created"}])
        compared.append(json.loads(request.content))
        return httpx.Response(409, json={"detail": "Send the names of the whole edition."})

    done = imported(str(edition(tmp_path / "edition.csv")), "--url", clearway(answer), "--key", "cwk_a_b")
    assert done.exit_code == 0
    assert "Send the names of the whole edition." in done.stderr
    whole = {"from_id": None, "before_id": None}
    assert compared == [{"system": "awsd", "edition": "edition.csv", "ids": ["2", "4711"], "scope": whole}]


def test_a_file_without_rows_is_said_and_no_table_is_printed(tmp_path: Path) -> None:
    (tmp_path / "edition.csv").write_text(",".join(ROW) + "\n")
    done = imported(str(tmp_path / "edition.csv"), "--dry-run")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "holds no rows" in done.stderr


def test_a_file_of_excel_is_read_and_said(tmp_path: Path) -> None:
    file = tmp_path / "edition.csv"
    header, row = ";".join(ROW), ";".join((ROW | {"City": "Abéché"}).values())
    file.write_bytes(f"{header}\r\n{row}\r\n".encode("cp1252"))
    done = imported(str(file), "--dry-run")
    assert done.exit_code == 0, done.output
    assert "read as cp1252" in done.stderr


def test_a_folder_for_the_rejects_that_is_missing_is_found_out_before_anything_is_sent(tmp_path: Path) -> None:
    file = str(edition(tmp_path / "edition.csv"))
    done = imported(file, "--dry-run", "--rejects", str(tmp_path / "nowhere" / "rejects.csv"))
    assert done.exit_code == 2
    assert "does not exist" in done.stderr


def test_a_retry_writes_no_report_to_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportFailed):
        run(lambda _: httpx.Response(503), 1)
    output = capsys.readouterr()
    assert '"n"' not in output.out + output.err
