"""Where the windows of a test look."""

from dataclasses import dataclass

from clearway_testing.platforms import Platform


@dataclass(frozen=True, slots=True)
class Deployment:
    """A platform, and the one address of it and of its pages."""

    platform: Platform
    origin: str
