"""All that is around the applications of a process, from the outside in."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp

from clearway_platform.web.browsers import Browsers
from clearway_platform.web.cors import with_cors
from clearway_platform.web.envelope import BodyLimit, RequestEnvelope
from clearway_platform.web.large_bodies import LargeBodies
from clearway_platform.web.last_resort import LastResort
from clearway_platform.web.representation import Representations
from clearway_platform.web.security_headers import SecurityHeaders


def around(
    applications: ASGIApp, *, max_body_bytes: int, cors_origins: Collection[str], large: LargeBodies | None = None
) -> ASGIApp:
    """The applications as the server calls them. `large`: the operations whose bodies may be larger."""
    limited = BodyLimit(Representations(applications), max_body_bytes, large or LargeBodies())
    answered = LastResort(with_cors(Browsers(RequestEnvelope(limited)), cors_origins))
    return SecurityHeaders(answered)
