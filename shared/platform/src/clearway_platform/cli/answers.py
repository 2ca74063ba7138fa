"""What an answer of the API says to the user of a command, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx

from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.listing import printable
from clearway_platform.codes import Code

KEY_REFUSED: Final = (401, 403)
_SET_KEY: Final = "with --key or CLEARWAY_API_KEY."


def problem_of(response: httpx.Response) -> Mapping[str, Any]:
    """The problem document of a whole answer; empty when it has none, as that of another program."""
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, Mapping) and "code" in document else {}


def detail_of(response: httpx.Response) -> str:
    """What was wrong and what to do: a line for each part of the request at fault. Empty when it does not say."""
    problem = problem_of(response)
    faults = problem.get("errors") or ()
    if problem.get("code") == Code.INVALID and faults:
        return "\n".join(printable(_fault(fault)) for fault in faults)
    return printable(str(problem.get("detail") or problem.get("title") or ""))


def is_no_address(response: httpx.Response) -> bool:
    """Whether Clearway answers that it has nothing at this address: the service is not there, or is older."""
    return response.status_code == 404 and problem_of(response).get("code") == Code.NO_SUCH_ADDRESS


def may_answer_later(response: httpx.Response) -> bool:
    """Whether the same request can succeed without a change by its sender."""
    return response.status_code >= 500 or response.status_code == 429


def unavailable(response: httpx.Response, url: str) -> str:
    """What to say of an answer that may be another one later."""
    detail = detail_of(response)
    return f"Clearway at {url} answers {response.status_code}{f': {detail}' if detail else '.'}"


def key_refused(response: httpx.Response, url: str) -> Misconfigured:
    """The error for a key that is not valid, or whose role may not do this."""
    detail = detail_of(response)
    remedy = f"{detail} Set it {_SET_KEY}" if detail else f"Set another {_SET_KEY}"
    return Misconfigured(f"{url} refuses the API key. {remedy}")


def no_clearway(url: str) -> Misconfigured:
    """The error for an answer that Clearway does not give."""
    return Misconfigured(f"The server at {url} is not Clearway, or an older version. Check the address.")


def nothing_answers(url: str) -> str:
    return f"Nothing answers at {url}. Is Clearway running?"


def _fault(fault: Mapping[str, Any]) -> str:
    place = str(fault["field"]).removeprefix("body.")
    return f"{place}: {str(fault['problem']).rstrip('.')}. {fault['remedy']}"
