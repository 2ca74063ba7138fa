"""The API of a running Clearway, as a command calls it: an answer, or one sentence that says why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from clearway_platform.cli.answers import (
    KEY_REFUSED,
    detail_of,
    is_no_address,
    key_refused,
    may_answer_later,
    no_clearway,
    nothing_answers,
    problem_of,
    unavailable,
)
from clearway_platform.cli.client import Access, find_access
from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.errors import NotAvailable, RequestFailed
from clearway_platform.cli.patience import Patient
from clearway_platform.codes import Code

TIMEOUT_SECONDS: Final = 60.0
# A file over a slow link.
FILE_SECONDS: Final = 660.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and its ETag where it has one."""

    body: Mapping[str, Any]
    etag: str


class Api:
    """Requests to one Clearway. `service` is the service that answers them, for what is said when it is not there.

    Every request raises RequestFailed when it is refused, NotAvailable when it may succeed later, and Misconfigured for
    a key or an address with which none can succeed.
    """

    def __init__(self, client: httpx.Client, service: str) -> None:
        self._client = client
        self._service = service
        self._url = str(client.base_url).rstrip("/")

    def get(self, path: str, **parameters: str | int) -> Answer:
        """Read what is at an address."""
        try:
            response = self._client.get(path, params=parameters)
        except httpx.TransportError as error:
            raise NotAvailable(nothing_answers(self._url)) from error
        return self._answer(response)

    def pages(self, path: str, **parameters: str | int) -> Iterator[Mapping[str, Any]]:
        """The pages of a list, each asked for when it is taken."""
        page = self.get(path, **parameters).body
        yield page
        while page.get("next"):
            page = self.get(path, **parameters, cursor=page["next"]).body
            yield page

    def post(self, path: str, body: Any = None, *, seen: str | None = None, seconds: float = TIMEOUT_SECONDS) -> Answer:
        """Ask for a change. `seen` is the ETag of what is changed, as the user was shown it."""
        headers = {} if seen is None else {"If-Match": seen}
        return self._sent(lambda: self._client.post(path, json=body, headers=headers, timeout=seconds))

    def post_file(self, path: str, content: bytes, **parameters: str) -> Answer:
        """Send a file as it is."""
        return self._sent(lambda: self._client.post(path, content=content, params=parameters, timeout=FILE_SECONDS))

    def _sent(self, send: Callable[[], httpx.Response]) -> Answer:
        try:
            response = send()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotAvailable(nothing_answers(self._url)) from error
        except httpx.TransportError as error:
            raise RequestFailed(
                f"Clearway at {self._url} did not answer to the end. The change may have been made: look before you "
                "repeat it."
            ) from error
        return self._answer(response)

    def _answer(self, response: httpx.Response) -> Answer:
        if response.is_success and (body := _object(response)) is not None:
            return Answer(body, response.headers.get("ETag", ""))
        if response.status_code in KEY_REFUSED:
            raise key_refused(response, self._url)
        if may_answer_later(response):
            raise NotAvailable(unavailable(response, self._url))
        problem = problem_of(response)
        if not problem:
            raise no_clearway(self._url)
        if is_no_address(response):
            raise Misconfigured(
                f"Clearway at {self._url} runs without the {self._service} service, or with an older version of it."
            )
        if problem["code"] == Code.STALE_REVISION:
            raise RequestFailed("It changed after it was shown here, and nothing was done. Run the command again.")
        raise RequestFailed(detail_of(response))


@contextmanager
def open_api(url: str | None, key: str | None, *, data: Path | None, demo: bool, service: str) -> Iterator[Api]:
    """The API that the options of a command name, until the block ends."""
    access = find_answering(url, key, data=data, demo=demo)
    transport, headers = Patient(), access.headers
    with httpx.Client(
        base_url=access.url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False, transport=transport
    ) as client:
        yield Api(client, service)


def find_answering(url: str | None, key: str | None, *, data: Path | None, demo: bool) -> Access:
    """The access that the options name. Without a key it is found out what is missing: the key, or an answer.

    Raises NotAvailable when nothing answers, Misconfigured for an invalid address.
    """
    access = find_access(url, key, data=data, demo=demo)
    if access.key is None:
        try:
            httpx.get(f"{access.url}/healthz", timeout=TIMEOUT_SECONDS, trust_env=False)
        except httpx.TransportError as error:
            raise NotAvailable(f"{nothing_answers(access.url)} Start it, then run this again.") from error
        # What has just been started has a key by now.
        access = find_access(url, key, data=data, demo=demo)
    return access


def _object(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, Mapping) else None
