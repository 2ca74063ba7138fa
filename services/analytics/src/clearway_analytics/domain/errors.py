"""Why this service refuses what is asked."""

from clearway_platform.refusals import NotFound


class NoSuchRoute(NotFound):
    """The mission has no live route of that id."""

    noun = "route"
