"""HTML pages in the common frame. Every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from clearway_platform.codes import KINDS, PAGES, Code, address

ABOUT: Final = "/about"
_FRAME: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/docs/clearway.css"><link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body><header><a href="/">Clearway</a>
<nav><a href="{about}">About</a> <a href="/docs">API</a> <a href="{problems}">Problems</a></nav></header>
<main>
{body}
</main></body></html>
"""


def page(title: str, *parts: str, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """A page of these parts, which are HTML already."""
    body = "\n".join(part for part in parts if part)
    whole = _FRAME.format(title=escape(title), about=ABOUT, problems=PAGES, body=body)
    return HTMLResponse(whole, status, headers)


def heading(text: str, level: int = 1) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; text between backticks becomes code."""
    pieces = escape(text).split("`")
    marked = "".join(f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))
    return f'<p class="{escape(kind)}">{marked}</p>' if kind else f"<p>{marked}</p>"


def command(text: str) -> str:
    return f"<pre><code>{escape(text)}</code></pre>"


def link(where: str, text: str) -> str:
    return f'<a href="{escape(where)}">{escape(text)}</a>'


def listed(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already."""
    top = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def all_problems() -> HTMLResponse:
    """Every kind of problem."""
    rows = [
        (link(address(code), code), str(int(kind.status)), escape(kind.means)) for code, kind in sorted(KINDS.items())
    ]
    said = "A request that cannot be served is answered with a problem document. Its `code` is one of these."
    return page("Clearway: problems", heading("Problems"), paragraph(said), table(("code", "status", "means"), rows))


def one_problem(code: Code) -> HTMLResponse:
    """The page that the `type` of a problem names."""
    kind = KINDS[code]
    parts = [heading(code), paragraph(f"{kind.title}. Status {int(kind.status)}, {kind.status.phrase}.", "quiet")]
    parts += [paragraph(kind.means), heading("What to do", 2), paragraph(kind.remedy)]
    return page(f"Clearway: {code}", *parts)
