"""All that is around the applications of a process, from the outside in."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp

from clearway_platform.web.browsers import Browsers
from clearway_platform.web.cors import with_cors
from clearway_platform.web.envelope import BodyLimit, RequestEnvelope
from clearway_platform.web.last_resort import LastResort
from clearway_platform.web.representation import Representations
from clearway_platform.web.security_headers import SecurityHeaders


def around(
    applications: ASGIApp, *, max_body_bytes: int, cors_origins: Collection[str], streamed: Collection[str] = ()
) -> ASGIApp:
    """The applications as the server calls them. Bodies of the paths `streamed` have no limit here."""
    limited = BodyLimit(Representations(applications), max_body_bytes, streamed)
    answered = LastResort(with_cors(Browsers(RequestEnvelope(limited)), cors_origins))
    return SecurityHeaders(answered)
