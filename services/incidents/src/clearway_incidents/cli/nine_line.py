"""`clearway nine-line`: a report as it was heard on the radio, read back line by line and recorded."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from clearway_platform.cli.api import Answer, Api, open_api
from clearway_platform.cli.client import Demo, Key, Url
from clearway_platform.cli.configuration import DataFolder, Misconfigured
from clearway_platform.cli.event_lines import moment, place_in_words
from clearway_platform.cli.failures import FAILED, fail
from clearway_platform.cli.listing import AsJson, print_one, printable, terminal_width

PATH: Final = "/v1/incidents:nine-line"
WIDTH: Final = 80
_INDENT: Final = " " * 8
_NO_POSITION: Final = (
    "Nothing was recorded: no position is understood. Give a grid reference with its zone (30Q VD 12345 67890), or "
    "degrees (17.0421N 3.9962W)."
)
_ASSUMED: Final = {
    "day": "no date is said: the latest such hour",
    "zone": "no time zone is said: taken as UTC",
    "month": "no month is said: the latest that fits",
    "year": "no year is said: the latest that fits",
    "order": "taken as latitude, then longitude",
}


class Heard(StrEnum):
    """How the text came."""

    RADIO = "radio"
    SMS = "sms"
    FORM = "form"


def nine_line(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, readable=True, help="The text; by default standard input."),
    ] = None,
    organisation: Annotated[str, typer.Option(help="Who reports.")] = "unknown",
    channel: Annotated[Heard, typer.Option(help="How the report came.")] = Heard.RADIO,
    exercise: Annotated[
        bool | None, typer.Option("--exercise/--no-exercise", help="By default what the text says.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Record it at once, without confirmation.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is understood; record nothing.")] = False,
    url: Url = None,
    key: Key = None,
    demo: Demo = False,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Read a nine-line report, show it line by line, record it.

    In English or French. Lines may be missing. What is not understood is kept in the report as it was said. With --yes
    nobody looks at it: what would make the hazard less is then not recorded.
    """
    _check_terminal(file, asks=not (yes or dry_run))
    sent: dict[str, Any] = {"text": _text_of(file), "report": {"organisation": organisation, "channel": channel}}
    if exercise is not None:
        sent["exercise"] = exercise
    with open_api(url, key, data=data, demo=demo, service="incidents") as api:
        read = api.post(PATH, sent).body
        if not as_json:
            typer.echo("\n".join(_read_back(read)))
        if dry_run:
            if as_json:
                print_one(read, as_json=True)
            return
        if read["missing"]:
            fail(
                "Nothing was recorded: no position is understood. Give a grid reference with its zone, or degrees.",
                FAILED,
            )
        recorded = _at_once(api, sent, read) if yes else _confirmed(api, read)
    if recorded.get("withheld"):
        _say(f"Withheld until a verifier has looked at it: {', '.join(recorded['withheld'])}.")
    if as_json:
        print_one(recorded, as_json=True)
    else:
        typer.echo(f"Recorded as incident {recorded['incident_id']}.")


def _at_once(api: Api, sent: Mapping[str, Any], read: Mapping[str, Any]) -> Mapping[str, Any]:
    # The id of what was read: a repeat of the request is recognised.
    answer = api.post(PATH, {**sent, "record": True, "incident_id": read["draft"]["incident_id"]}).body
    if answer["held_back"]:
        _say(f"Not recorded, because nobody looked at it: {', '.join(answer['held_back'])}.")
    incident: Mapping[str, Any] = answer["incident"]
    return incident


def _confirmed(api: Api, read: Mapping[str, Any]) -> Mapping[str, Any]:
    if not typer.confirm("Record this report?", err=True):
        _say("Nothing was recorded.")
        raise typer.Exit(FAILED)
    answer: Answer = api.post("/v1/incidents", read["draft"])
    return answer.body


def _check_terminal(file: Path | None, *, asks: bool) -> None:
    """Found out before anything is read or sent."""
    if asks and not sys.stdin.isatty():
        raise Misconfigured(
            "There is no terminal on which to confirm the report. Add --yes to record it at once, or --dry-run to see "
            "what is understood."
        )
    if file is None and sys.stdin.isatty():
        _say("Type or paste the report. End it with an empty line.")


def _text_of(file: Path | None) -> str:
    """The text of the file or of standard input; on a terminal up to an empty line, which leaves it open to answer."""
    if file is not None:
        return _decoded(file)
    if not sys.stdin.isatty():
        return sys.stdin.read()
    lines: list[str] = []
    for line in sys.stdin:
        if not line.strip() and lines:
            break
        lines += [line] if line.strip() else []
    return "".join(lines)


def _decoded(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{file} is not text in UTF-8. Save it in UTF-8.") from error


def _read_back(read: Mapping[str, Any]) -> Iterator[str]:
    """What was heard of each line, and under it what was understood and what was not."""
    for line in (read["before"], *read["lines"]):
        if line["text"] is None:
            continue
        name = "before" if line["line"] is None else f"line {line['line']}"
        yield from _wrapped(printable(line["text"]), f"{name}  ")
        for one in line["understood"]:
            yield from _wrapped(_understood(one), _INDENT + "= ")
        for words in line["not_understood"]:
            yield from _wrapped(f"not understood: {printable(words)}", _INDENT + "? ")
    if missing := [str(line["line"]) for line in read["lines"] if line["text"] is None]:
        yield f"missing lines: {', '.join(missing)}"
    if read["held_back"]:
        yield from _wrapped(f"This makes the hazard less; look at it: {', '.join(read['held_back'])}.", "")


def _understood(one: Mapping[str, Any]) -> str:
    said = f"{one['field']} {_value(one['field'], one['value'])}"
    return "; ".join([said, *(_ASSUMED[name] for name in one["assumed"])])


def _value(field: str, value: Any) -> str:
    match field:
        case "time":
            return f"{moment(value['occurred_at']):%Y-%m-%d %H:%M}Z, to the {value['precision']}"
        case "location":
            return f"{place_in_words(value['point'], None)}, within {value['uncertainty_m']:,.0f} m"
        case "casualties":
            return f"{value['best']} {value['outcome']}, {value['affiliation']}"
    return "yes" if value is True else str(value)


def _wrapped(text: str, begin: str) -> list[str]:
    width = terminal_width() or WIDTH
    return textwrap.wrap(text, width, initial_indent=begin, subsequent_indent=" " * len(begin)) or [begin.rstrip()]


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
