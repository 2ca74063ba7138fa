"""`clearway import awsd` against a service that is well, away, or of another mind."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import stamina
from typer.testing import CliRunner

from clearway_incidents.cli import import_app
from clearway_incidents.importers.rows import Tally
from clearway_incidents.importers.sending import BATCH, ImportFailed, Report, send

from .test_awsd import ROW

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


def taken(request: httpx.Request) -> httpx.Response:
    """Refuses the second line of each batch."""
    lines = [json.loads(line) for line in request.content.splitlines()]
    items = [{"line": number, "outcome": "created"} for number, _line in enumerate(lines, start=1)]
    items[1] |= {"outcome": "refused", "problem": "time.earliest: is in the future"}
    return httpx.Response(200, json={"items": items})


def run(answer: Answer, count: int) -> Tally:
    tally = Tally()
    reports = [Report(ROW | {"Incident ID": str(number)}, {"n": number}) for number in range(count)]
    with httpx.Client(base_url="http://clearway.test", transport=httpx.MockTransport(answer)) as client:
        send(client, reports, tally, lambda _count: None)
    return tally


def test_every_row_is_sent_once_and_refusals_are_kept_with_their_row() -> None:
    tally = run(taken, BATCH + 2)
    assert tally.outcomes == {"created": BATCH, "refused": 2}
    assert [row["Incident ID"] for row in tally.rejects] == ["1", str(BATCH + 1)]


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (lambda _: httpx.Response(401, json={"detail": "unknown key."}), "CLEARWAY_API_KEY"),
        (lambda _: httpx.Response(503), "does not answer"),
        (lambda _: httpx.Response(422, json={"detail": "no."}), "422: no."),
        (lambda _: httpx.Response(200, text="<html>"), "is no Clearway"),
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


def test_without_a_key_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLEARWAY_API_KEY", raising=False)
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(import_app, ["awsd", str(edition(tmp_path / "edition.csv"))])
    assert done.exit_code == 2
    assert "CLEARWAY_API_KEY" in done.output


def test_a_retry_writes_no_report_to_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportFailed):
        run(lambda _: httpx.Response(503), 1)
    output = capsys.readouterr()
    assert '"n"' not in output.out + output.err
