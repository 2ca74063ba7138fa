"""A briefing as one sheet of A4, for a pocket: black on white, readable without colour and without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from clearway_platform.web.site.page import heading, paragraph, table

Part = Mapping[str, Any]

# So many rows of each part fit on the sheet together; the rest is counted, and is in the JSON.
MOST_HAZARDS: Final = 9
MOST_KILOMETRES: Final = 36
MOST_AREAS: Final = 3
MOST_RANGES: Final = 3
MOST_CHANGES: Final = 5
MOST_STRETCHES: Final = 5
_LONGEST_NAME: Final = 40

_STYLE: Final = """
@page { size: A4; margin: 11mm; }
* { box-sizing: border-box; }
body { font: 9pt/1.25 system-ui, sans-serif; color: #000; background: #fff; margin: 0 auto; max-width: 188mm;
  overflow-wrap: anywhere; }
h1 { font-size: 15pt; line-height: 1.15; margin: 0 0 1mm; }
h2 { font-size: 10.5pt; margin: 2.4mm 0 .6mm; border-bottom: .4mm solid #000; }
p { margin: .6mm 0; }
.word { font-size: 14pt; font-weight: 700; border: .7mm solid #000; padding: 1mm 2.5mm; margin: 1.5mm 0; }
.quiet { font-size: 8pt; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3mm 2mm .3mm 0; border-bottom: .15mm solid #777; }
th { font-size: 8pt; }
td:first-child { white-space: nowrap; }
code { font-family: ui-monospace, monospace; font-size: 8pt; }
@media screen { body { padding: 8mm 4mm; } }
"""
_FRAME: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body>
{body}
</body></html>
"""


def briefing_page(receipt: Part) -> str:
    """The sheet of a briefing: `receipt` is what the API answers as JSON."""
    content = receipt["content"]
    parts = [
        heading(f"Departure check: {_short(content['route']['name'])}"),
        paragraph(
            f"{content['route']['length_km']:g} km, revision {content['route']['revision']}. "
            f"As of {_time(content['as_of'])}.",
            "quiet",
        ),
        paragraph(_word(content), "word"),
        *_hazards(content),
        *_areas(content["contaminated_areas"]),
        *_changes(content["changes"]),
        *_verified(content),
        *_risk(content),
        heading("Alternatives", 2),
        paragraph(content["alternatives"]["text"]),
        paragraph(
            f"Receipt `{receipt['briefing_id']}`, SHA-256 `{receipt['sha256']}`. Read it again at "
            f"`/v1/briefings/{receipt['briefing_id']}`.",
            "quiet",
        ),
    ]
    title = escape(f"Departure check {_short(content['route']['name'])}")
    return _FRAME.format(title=title, style=_STYLE, body="\n".join(parts))


def _word(content: Part) -> str:
    """The one word of the sheet. Hazards that stand come before every estimate, and no route is called safe."""
    areas = len(content["contaminated_areas"])
    standing = [str(len(content["known_hazards"]))] if content["known_hazards"] else []
    standing += [f"{areas} contaminated area{'s' if areas > 1 else ''}"] if areas else []
    if standing:
        return f"KNOWN HAZARD: {' and '.join(standing)} on this route"
    return f"No known hazard on record. Risk: {content['risk']['band'].replace('_', ' ')}"


def _hazards(content: Part) -> list[str]:
    rows = [
        (
            _km(one),
            _words(one["category"] or "not for this key"),
            _words(one["hazard_state"]),
            escape(one["grade"] or ""),
            "" if one["age_days"] is None else _days(one["age_days"]),
            _off(one),
        )
        for one in content["known_hazards"]
    ]
    heads = ("km", "what", "state", "grade", "age", "place")
    later = len(content["changed_later"])
    note = (
        f"{later} records on this route changed after this moment: what was known of them then is in their history."
        if later
        else ""
    )
    return [
        heading("Known hazards on the route", 2),
        _rows(heads, rows[:MOST_HAZARDS], MOST_HAZARDS, "None is on record. That is no proof that there is none."),
        _other_kilometres(content["known_hazards"][MOST_HAZARDS:]),
        paragraph(note) if note else "",
    ]


def _areas(areas: Sequence[Part]) -> list[str]:
    """Contaminated areas; those beyond the rows keep their kilometres."""
    if not areas:
        return []
    rows = [
        (_ranges(one["stretches"]), _words(one["status"]), _words(one["category"]), escape(_short(one["name"])))
        for one in areas
    ]
    rest = [stretch for one in areas[MOST_AREAS:] for stretch in one["stretches"]]
    others = f"<p><strong>Also at km {_ranges(rest, MOST_KILOMETRES)}</strong></p>" if rest else ""
    return [
        heading("Contaminated areas on the route", 2),
        table(("km", "status", "what", "name"), rows[:MOST_AREAS]),
        others,
    ]


def _ranges(stretches: Sequence[Part], most: int = MOST_RANGES) -> str:
    named = ", ".join(f"{one['from_km']:.1f}–{one['to_km']:.1f}" for one in stretches[:most])
    return f"{named}, …" if len(stretches) > most else named


def _km(one: Part) -> str:
    """Where along the route; of an incident that may not be read, the stretch that it is in."""
    return f"{one['from_km']:.0f}–{one['to_km']:.0f}" if one["km"] is None else f"{one['km']:.1f}"


def _off(one: Part) -> str:
    if one["distance_m"] is None:
        return "ask the security cell"
    return f"{one['distance_m']:g} m off, ±{one['uncertainty_m']:.0f} m"


def _what_changed(one: Part) -> str:
    known = [_words(word) for word in (one["category"], one["outcome"]) if word]
    return ", ".join([*known, f"hazard {_words(one['hazard_state'])}"])


def _other_kilometres(hazards: Sequence[Part]) -> str:
    """Where the hazards are that have no row: a sheet that left them out would be read as a list of all."""
    if not hazards:
        return ""
    named = ", ".join(_km(one) for one in hazards[:MOST_KILOMETRES])
    rest = len(hazards) - MOST_KILOMETRES
    others = f", and {rest} farther along: print the JSON" if rest > 0 else ""
    return f"<p><strong>Also at km {named}{others}.</strong></p>"


def _changes(changes: Part) -> list[str]:
    last = changes["last_pass"]
    since = (
        f"Since the last pass, {_time(last['at'])}, {escape(_short(last['organisation']))}"
        if last
        else f"No pass is on record. Since {_time(changes['since'])}"
    )
    dated = [
        (
            one["changed_at"] or one["occurred_at"] or changes["since"],
            f"km&nbsp;{_km(one)}",
            _what_changed(one),
        )
        for one in changes["incidents"]
    ]
    dated += [
        (
            one["at"],
            f"km&nbsp;{one['from_km']:.1f}–{one['to_km']:.1f}",
            f"{escape(one['check'])}, {_words(one['result'])}, {escape(_short(one['organisation']))}",
        )
        for one in changes["checks"]
    ]
    dated += [
        (after["at"], "", f"risk {_words(before['band'])} → {_words(after['band'])}")
        for after, before in zip(changes["risks"], changes["risks"][1:], strict=False)
        if after["band"] != before["band"]
    ]
    rows = [(_time(moment).removesuffix(" UTC"), where, what) for moment, where, what in sorted(dated, reverse=True)]
    shown = _rows(("when (UTC)", "where", "what"), rows, MOST_CHANGES, "Nothing.")
    return [heading("What changed", 2), f"<p>{since}:</p>", shown]


def _verified(content: Part) -> list[str]:
    lines = [paragraph(_short(one["text"], 110)) for one in content["verified"][:MOST_STRETCHES]]
    return [heading("Last verified, by stretch", 2), *lines, _more(len(content["verified"]), MOST_STRETCHES)]


def _risk(content: Part) -> list[str]:
    risk, recorded = content["risk"], content["risk_recorded"]
    then = (
        f"Last published {_time(recorded['at'])}: {_words(recorded['band'])}, {recorded['expected_events']:g} expected."
        if recorded
        else "None was published until then."
    )
    said = (
        f"{_words(risk['band'])}: {risk['expected_events']:g} incidents expected in {risk['horizon_days']:g} days "
        f"(between {risk['low']:g} and {risk['high']:g}), from an effective sample of {risk['n_eff']:.1f}. "
    )
    return [heading("Risk, an estimate", 2), f"<p>{said}{then}</p>"]


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]], most: int, none: str) -> str:
    if not rows:
        return paragraph(none)
    return table(heads, rows[:most]) + _more(len(rows), most)


def _more(number: int, most: int) -> str:
    return paragraph(f"And {number - most} more: see the same address as JSON.") if number > most else ""


def _time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%d %b %Y %H:%M} UTC"


def _days(days: float) -> str:
    return f"{days:.0f} d" if days >= 2 else f"{days * 24:.0f} h"


def _short(text: str, longest: int = _LONGEST_NAME) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _words(word: str) -> str:
    return escape(word.replace("_", " "))
